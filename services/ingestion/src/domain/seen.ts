import type { WantedActivity } from '@slipstream/records'
import type { StravaActivity } from '@slipstream/strava'

/** Whether what was fetched shows what webhooks told: an answer may be older than the notice. What cannot be compared is seen. */
export const isSeen = ({ expects = {} }: WantedActivity, { name, type, visibility }: StravaActivity): boolean => {
  const { title, type: expectedType, isPrivate } = expects
  return (
    (title === undefined || title === name) &&
    (expectedType === undefined || type === null || expectedType === type) &&
    (isPrivate === undefined || visibility === null || isPrivate === (visibility === 'only_me'))
  )
}

/** Of these the ones that were fetched, and do not show yet what was told. */
export const notSeenIn = (wanted: readonly WantedActivity[], fetched: readonly StravaActivity[]): string[] =>
  wanted
    .filter((one) =>
      fetched.some((activity) => activity.stravaActivityId === one.stravaActivityId && !isSeen(one, activity)),
    )
    .map(({ stravaActivityId }) => stravaActivityId)
