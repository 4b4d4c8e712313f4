import type { ActionableError, ErrorCode, Status } from '@slipstream/contracts'
import type { ShownError } from './link-failure.ts'

const whoActs: Record<ActionableError['actor'], string | null> = {
  athlete: null,
  operator: 'The operator of this service has to act; there is nothing for you to do.',
  nobody: 'There is nothing to do: this passes by itself.',
}

/** Where who acts in the end is not the whole truth: the athlete can try something first. */
const firstTries: Partial<Record<ErrorCode, string>> = {
  strava_refuses: 'Connect Strava again. If that does not help, the operator of this service has to act.',
  internal_error: 'Try again in a moment. If it stays, the operator of this service has to act.',
}

/** What to do about an error, beside what its detail says; null where that is all. */
export const wayOutOf = (error: ShownError): string | null => {
  if (error.wayOut !== undefined) return error.wayOut
  return error.action === 'fix_request' ? null : (firstTries[error.code] ?? whoActs[error.actor])
}

/** Whether connecting again may help a link. While the whole app is off, it would not. */
export const offersReconnect = ({ status, error }: Pick<Status, 'status' | 'error'>): boolean =>
  error?.code === 'strava_refuses' || (status === 'reauth_required' && error?.actor === 'athlete')
