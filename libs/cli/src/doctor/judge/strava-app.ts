import type { OpenStop } from '@slipstream/quota'
import type { FailedOutcome } from '@slipstream/strava'
import type { Finding } from '../finding.ts'

export interface AppFacts {
  /** What became of a call with the app's own credentials just now. */
  answer: 'ok' | FailedOutcome
  /** Calls that the ledger holds back. */
  stops: readonly Pick<OpenStop, 'name' | 'trouble' | 'since'>[]
}

const appPage = 'https://www.strava.com/settings/api'

const inactive: Finding = {
  code: 'strava_app_inactive',
  severity: 'error',
  problem: 'Strava has switched this app off: it answers every call with Application/Status/Inactive',
  actor: 'developer',
  fix: `See ${appPage}: a standard app needs a paid Strava subscription of its developer's account. Athletes need not link again; calls go on within half an hour.`,
}

const credentialsRefused: Finding = {
  code: 'strava_credentials_refused',
  severity: 'error',
  problem: 'Strava refuses STRAVA_CLIENT_ID with STRAVA_CLIENT_SECRET',
  actor: 'operator',
  fix: `Take both from ${appPage}, as one of them may have been made anew, and restart gateway and ingestion.`,
}

const judgeAnswer = (answer: AppFacts['answer']): Finding[] => {
  switch (answer) {
    case 'ok':
      return []
    case 'app_inactive':
      return [inactive]
    case 'client_credentials_invalid':
      return [credentialsRefused]
    case 'timeout':
    case 'network':
      return [
        {
          code: 'strava_unreachable',
          severity: 'error',
          problem: 'Strava cannot be reached from here',
          actor: 'operator',
          fix: 'See that this machine may call STRAVA_API_BASE_URL over https, and whether https://status.strava.com tells of an outage.',
        },
      ]
    default:
      return [
        {
          code: 'strava_answer_unexpected',
          severity: 'warning',
          problem: `Strava answers a call of the app with ${answer}`,
          actor: 'operator',
          fix: 'Run the doctor again in some minutes; if it stays, see STRAVA_API_BASE_URL and https://status.strava.com.',
        },
      ]
  }
}

const judgeStop = ({ name, trouble, since }: AppFacts['stops'][number]): Finding => {
  const sinceText = since ? ` since ${since.toISOString()}` : ''
  switch (trouble) {
    case 'inactive':
      return inactive
    case 'credentials':
      return credentialsRefused
    case 'endpoint':
      return {
        code: 'strava_endpoint_closed',
        severity: 'error',
        problem: `Strava has closed what ${name} calls to this app${sinceText}`,
        actor: 'developer',
        fix: `See ${appPage} and Strava's changelog for what the app's tier may call.`,
      }
    case 'unanswered':
      return {
        code: 'strava_calls_stopped',
        severity: 'warning',
        problem: `calls of ${name} are held back${sinceText}, as Strava gave no useful answer to the last ones`,
        actor: 'nobody',
        fix: 'A call is tried now and then, and all go on by themselves; see https://status.strava.com.',
      }
  }
}

/** A trouble that the ledger knows and the call has just shown is one. */
export const judgeApp = ({ answer, stops }: AppFacts): Finding[] => {
  const findings = [...judgeAnswer(answer), ...stops.map(judgeStop)]
  return findings.filter(({ code }, index) => findings.findIndex((other) => other.code === code) === index)
}
