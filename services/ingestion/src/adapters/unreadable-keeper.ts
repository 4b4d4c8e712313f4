import type { DeliveryLog } from '@slipstream/records'
import type { UnreadableKeeper } from '../domain/ports.ts'

const consumer = 'ingestion-unreadable'

/** The ids of a link's letters start with the same text, so the range needs no index of its own. */
export const unreadableLettersOf = (linkId: string) => ({
  _id: { $gte: `${consumer}:${linkId}/`, $lt: `${consumer}:${linkId}0` },
})

/** Keeps activities that could not be read as dead letters: one for each activity, however often it is listed. */
export const createUnreadableKeeper = (deliveries: DeliveryLog): UnreadableKeeper => ({
  keep: (run, { stravaActivityId, problem }) =>
    deliveries.keepDeadLetter({
      consumer,
      subject: `sync.requested.${run.lane}.${run.athleteId}`,
      eventId: `${run.linkId}/${stravaActivityId ?? 'without-id'}`,
      eventType: 'strava.activity',
      reason: 'activity_unreadable',
      error: problem,
      attempts: 1,
      headers: {},
      payload: JSON.stringify({ linkId: run.linkId, runId: run._id, stravaActivityId }),
      athleteId: run.athleteId,
      linkId: run.linkId,
    }),
})
