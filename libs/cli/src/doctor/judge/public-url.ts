import type { Finding } from '../finding.ts'

export interface PublicUrlFacts {
  publicUrl: string | null
  isStrava: boolean
  /** What answers there; null where it was not asked. */
  reach: { kind: 'gateway' | 'other' } | { kind: 'away'; reason: string } | null
  /** What Strava says to a visitor who comes with the callback address; null where it was not asked or gave no answer. */
  callback: 'taken' | 'redirect_uri_refused' | 'client_refused' | null
}

const isLocal = (url: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)

const judgeAddress = (publicUrl: string | null, isStrava: boolean): Finding[] => {
  if (publicUrl === null) {
    return [
      {
        code: 'public_url_missing',
        severity: 'error',
        problem: 'PUBLIC_URL is not set, so Strava sends everybody back to http://localhost after the consent',
        actor: 'operator',
        fix: 'Set PUBLIC_URL of the gateway to the https address that people reach it at.',
      },
    ]
  }
  if (isLocal(publicUrl)) {
    if (!isStrava) return []
    return [
      {
        code: 'public_url_local',
        severity: 'warning',
        problem: 'PUBLIC_URL is this machine: only a browser on it can link, and Strava cannot send webhooks',
        actor: 'operator',
        fix: 'Set PUBLIC_URL to an https address that Strava and people can reach, for example through a tunnel.',
      },
    ]
  }
  if (new URL(publicUrl).protocol === 'https:') return []
  return [
    {
      code: 'public_url_not_https',
      severity: 'error',
      problem: 'PUBLIC_URL is not https: cookies and tokens go in the clear, and browsers refuse the __Host- cookies',
      actor: 'operator',
      fix: 'Serve the gateway behind TLS (a proxy or an ingress) and set PUBLIC_URL to that address.',
    },
  ]
}

const judgeReach = (reach: PublicUrlFacts['reach']): Finding[] => {
  if (reach?.kind === 'away') {
    return [
      {
        code: 'public_url_unreachable',
        severity: 'warning',
        problem: `nothing answers at PUBLIC_URL when asked from here (${reach.reason})`,
        actor: 'operator',
        fix: 'See that the gateway runs, that the name resolves and that the certificate is good; from inside a cluster the way may differ.',
      },
    ]
  }
  if (reach?.kind === 'other') {
    return [
      {
        code: 'public_url_foreign',
        severity: 'error',
        problem: 'something else than the gateway answers at PUBLIC_URL',
        actor: 'operator',
        fix: 'Have the proxy or ingress pass all paths on to the gateway unchanged.',
      },
    ]
  }
  return []
}

export const judgePublicUrl = ({ publicUrl, isStrava, reach, callback }: PublicUrlFacts): Finding[] => {
  const findings = [...judgeAddress(publicUrl, isStrava), ...judgeReach(reach)]
  if (callback === 'redirect_uri_refused') {
    findings.push({
      code: 'callback_domain_refused',
      severity: 'error',
      problem: `Strava does not send people back to ${publicUrl ? new URL(publicUrl).hostname : 'this deployment'}: it is not the callback domain of the app`,
      actor: 'developer',
      fix: 'Set "Authorization Callback Domain" at https://www.strava.com/settings/api to that host, without scheme and path.',
    })
  }
  if (callback === 'client_refused') {
    findings.push({
      code: 'strava_client_unknown',
      severity: 'error',
      problem: 'Strava does not know the app STRAVA_CLIENT_ID names',
      actor: 'operator',
      fix: 'Take the client id from https://www.strava.com/settings/api.',
    })
  }
  return findings
}
