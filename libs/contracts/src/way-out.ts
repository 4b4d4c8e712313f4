import { type Action, type ErrorCode, errorCatalogue } from './error-catalogue.ts'

/** What the acting person does about an error, in words for that person. */
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

/** Where the action alone says too little, or not the whole truth. */
const exceptions: Partial<Record<ErrorCode, Partial<WayOut>>> = {
  result_invalid: { todo: 'Begin again in the app: its Connect with Strava makes a new attempt.' },
  strava_refuses: {
    who: 'First you, the athlete; if it stays, the operator of this service.',
    todo: 'Connect Strava again. If that does not help, tell the operator the code below.',
  },
  internal_error: {
    who: 'The operator of this service, if it comes again.',
    todo: 'Try again in a moment. If it stays, tell the operator the code below and when it happened.',
  },
  forbidden: { todo: 'Ask them for the role that your account lacks.' },
  not_found: { todo: 'Look at the address, or begin at the start page.' },
}

export const wayOutOf = (code: ErrorCode): WayOut => ({ ...waysOut[errorCatalogue[code].action], ...exceptions[code] })
