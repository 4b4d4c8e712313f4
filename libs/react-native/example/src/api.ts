import type { Problem, ProfileSubmission, Summary } from '@slipstream/contracts'
import type { Session } from './session.ts'

const call = async <Body>({ gatewayUrl, accessToken }: Session, method: string, path: string, body?: object) => {
  const response = await fetch(`${gatewayUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Body | Problem
  if (!response.ok) throw new Error((answer as Problem).detail)
  return answer as Body
}

export const readSummary = (session: Session) => call<Summary>(session, 'GET', '/profile/summary')

export const submitProfile = (session: Session, profile: ProfileSubmission) => call(session, 'PUT', '/profile', profile)

/** Everything that came from Strava is deleted; the receipt confirms it. */
export const unlink = (session: Session) => call<{ receiptId: string }>(session, 'DELETE', '/strava/link')
