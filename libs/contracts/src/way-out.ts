import type { ActionableError, Status } from './api.ts'
import { type Action, type ErrorCode, errorCatalogue } from './error-catalogue.ts'
import type { ShownError } from './link-failure.ts'

/** Who acts on an error, and what they do, in words for whoever that is. */
export interface WayOut {
  who: string
  todo: string
}

const waysOut: Record<Action, WayOut> = {
  submit_profile: { who: 'You, the athlete.', todo: 'Fill in your profile, then connect Strava.' },
  connect: { who: 'You, the athlete.', todo: 'Press Connect with Strava again, here or in the app.' },
  reconnect: { who: 'You, the athlete.', todo: 'Press Connect with Strava and agree once more.' },
  disconnect_other: {
    who: 'You, the athlete.',
    todo: 'Choose which Strava account it is to be, then press Connect with Strava.',
  },
  sign_in: { who: 'You: the person, or the program, that asked.', todo: 'Sign in, and ask with the new access token.' },
  fix_request: {
    who: 'Whoever made the request: as a rule the author of a program.',
    todo: 'Change the request. Sent again as it is, it is refused again.',
  },
  contact_support: {
    who: 'The operator of this service.',
    todo: 'If that is not you, tell them the code below. There is nothing else for you to do.',
  },
  wait: {
    who: 'Nobody: it passes by itself.',
    todo: 'Wait a little. What you asked for yourself, ask for again then.',
  },
}

interface FirstTry {
  /** What the athlete does, up to the comma after which it says who acts if that does not help. */
  words: string
  /** What there is to press for it; null: what they pressed before. */
  action: Action | null
}

/** Where who acts in the end is not the whole truth: the athlete can try something first. */
const firstTries = {
  strava_refuses: { words: 'Connect Strava again. If that does not help,', action: 'reconnect' },
  internal_error: { words: 'Try again in a moment. If it stays,', action: null },
} as const satisfies Partial<Record<ErrorCode, FirstTry>>

const firstTryOf = (code: ErrorCode): FirstTry | null =>
  (firstTries as Partial<Record<ErrorCode, FirstTry>>)[code] ?? null

/** Where the action alone says too little, or not the whole truth. */
const exceptions: Partial<Record<ErrorCode, Partial<WayOut>>> = {
  result_invalid: { todo: 'Begin again in the app: its Connect with Strava makes a new attempt.' },
  strava_refuses: {
    who: 'First you, the athlete; if it stays, the operator of this service.',
    todo: `${firstTries.strava_refuses.words} tell the operator the code below.`,
  },
  internal_error: {
    who: 'The operator of this service, if it comes again.',
    todo: `${firstTries.internal_error.words} tell the operator the code below and when it happened.`,
  },
  forbidden: { todo: 'Ask them for the role that your account lacks.' },
  not_found: { todo: 'Look at the address, or begin at the start page.' },
}

/** For a reader who has only the code: a page of its own, or the reference. */
export const wayOutOf = (code: ErrorCode): WayOut => ({ ...waysOut[errorCatalogue[code].action], ...exceptions[code] })

const sentences: Record<ActionableError['actor'], string | null> = {
  athlete: null,
  operator: 'The operator of this service has to act; there is nothing for you to do.',
  nobody: 'There is nothing to do but wait: this passes by itself.',
}

/** What an athlete reads beside the detail of an error; null where that is all. */
export const adviceOn = ({ code, actor, action, wayOut }: ShownError): string | null => {
  if (wayOut !== undefined) return wayOut
  if (action === 'fix_request') return null
  const firstTry = firstTryOf(code)
  return firstTry ? `${firstTry.words} the operator of this service has to act.` : sentences[actor]
}

/** What the athlete can press about an error, an `Action`; null where there is nothing. */
export const athleteActionOn = ({ code, actor, action }: ActionableError): string | null =>
  firstTryOf(code)?.action ?? (actor === 'athlete' ? action : null)

/** Whether connecting again may help a link. While the whole app is off, it would not. */
export const offersReconnect = ({ status, error }: Pick<Status, 'status' | 'error'>): boolean =>
  error !== null &&
  (firstTryOf(error.code)?.action === 'reconnect' || (status === 'reauth_required' && error.actor === 'athlete'))
