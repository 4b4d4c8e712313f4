import type { Finding } from '../finding.ts'

// Strava moves its API: https://api-v3.strava.com, without /api/v3, is there from 2027-01-04; the old address ends on 2027-06-01.
// OAuth stays where it is. Source: Strava's changelog as quoted in https://github.com/stravalib/stravalib/issues/737; an
// announcement by mail spoke of www.api-v3.strava.com, which did not resolve.

const newHost = 'api-v3.strava.com'
const opensOn = new Date('2027-01-04T00:00:00Z')
const oldEndsOn = new Date('2027-06-01T00:00:00Z')
/** So long before its end the old address is a warning. */
const noticeMs = 60 * 24 * 60 * 60_000

const move = `Set STRAVA_API_BASE_URL to https://${newHost} in all services and restart them; STRAVA_OAUTH_BASE_URL stays. Read Strava's changelog first: the name was announced in two forms.`

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

const back = `Set STRAVA_API_BASE_URL back to https://www.strava.com/api/v3 until ${dayOf(opensOn)}.`

export const judgeHosts = (apiBaseUrl: string, now: Date): Finding[] => {
  const { hostname, pathname } = new URL(apiBaseUrl)
  if (!hostname.endsWith('strava.com')) {
    return [
      {
        code: 'strava_simulated',
        severity: 'info',
        problem: `what is taken for Strava is at ${hostname}: no activity of a real person comes from there`,
        actor: 'nobody',
        fix: 'As it should be in a demo and in tests; elsewhere leave STRAVA_API_BASE_URL and STRAVA_OAUTH_BASE_URL unset.',
      },
    ]
  }
  const finding = (fields: Pick<Finding, 'code' | 'severity' | 'problem'>, fix = move): Finding[] => [
    { ...fields, actor: 'operator', fix },
  ]
  if (hostname === 'www.strava.com' && pathname === '/api/v3') {
    if (now < opensOn) {
      return finding(
        {
          code: 'strava_host_changes_later',
          severity: 'info',
          problem: `Strava's API moves to another address, which is there from ${dayOf(opensOn)}; this one ends on ${dayOf(oldEndsOn)}`,
        },
        `Nothing before ${dayOf(opensOn)}.`,
      )
    }
    const problem = `STRAVA_API_BASE_URL is the old address of Strava's API, which ends on ${dayOf(oldEndsOn)}`
    if (now >= oldEndsOn) return finding({ code: 'strava_host_ended', severity: 'error', problem })
    const isSoon = oldEndsOn.getTime() - now.getTime() < noticeMs
    return finding({ code: 'strava_host_ends', severity: isSoon ? 'warning' : 'info', problem })
  }
  if (hostname !== newHost || pathname.startsWith('/api/')) {
    return finding(
      {
        code: 'strava_host_unknown',
        severity: 'error',
        problem: `STRAVA_API_BASE_URL (${hostname}${pathname}) is no address of Strava's API: https://www.strava.com/api/v3 is, and from ${dayOf(opensOn)} https://${newHost}, without a path`,
      },
      now < opensOn ? back : move,
    )
  }
  if (now >= opensOn) return []
  return finding(
    {
      code: 'strava_host_too_early',
      severity: 'error',
      problem: `https://${newHost} is there only from ${dayOf(opensOn)}`,
    },
    back,
  )
}
