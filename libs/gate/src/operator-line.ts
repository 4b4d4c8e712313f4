import { reasonOf, type Transition } from '@slipstream/quota'

/** The line that tells an operator what has begun or ended: one each, over all replicas. */
export interface OperatorLine {
  level: 'warn' | 'error'
  fields: Record<string, unknown>
  message: string
}

const whatIs = {
  inactive: 'Strava has this application switched off: all calls are stopped',
  credentials: 'Strava refuses client id or secret: tokens are not refreshed',
  endpoint: 'Strava has closed an endpoint: calls to it are stopped',
  unanswered: 'Strava does not answer as it should: calls are stopped',
} as const

export const describeTransition = (transition: Transition): OperatorLine => {
  if (transition.what === 'window') {
    const { buckets, resetsAt, hasBegun } = transition
    const message = hasBegun
      ? 'a quota limit is used up: no calls until its reset'
      : 'the quota limit that was used up is open again'
    return { level: 'warn', fields: { buckets, resetsAt }, message }
  }
  const { name, trouble, since, hasBegun } = transition
  return {
    // Waiting is enough where Strava does not answer; all else somebody has to mend.
    level: reasonOf(trouble) === 'strava' ? 'warn' : 'error',
    fields: { calls: name, trouble, since },
    message: hasBegun ? whatIs[trouble] : `over: ${whatIs[trouble]}`,
  }
}
