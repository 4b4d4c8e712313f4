import { afterAll, beforeAll, expect, it } from 'vitest'
import { countOfAthlete, endOfEvents, purgeAthlete } from '../src/index.ts'
import { deleted, event, type Harness, startHarness } from './support/harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

const instant = '2026-11-21T10:00:00.000Z'
const linked = (athleteId: string, linkId: string) =>
  event('athlete.linked', { athleteId, linkId, stravaAthleteId: '1', scopes: [], linkedAt: instant })
const notified = (athleteId: string, linkId: string) => {
  const told = { objectType: 'activity', objectId: '1', aspectType: 'create', eventTime: instant } as const
  return event('strava.notified', { athleteId, linkId, inboxId: `inb_${linkId}`, ...told })
}
const unlinked = (athleteId: string, linkId: string) =>
  event('athlete.unlinked', { athleteId, linkId, reason: 'user', receiptId: 'rcp_1', unlinkedAt: instant })

/** Subjects that are stored of an athlete, with how many events of each. */
const stored = async (athleteId: string) => {
  const { state } = await harness.manager.streams.info('EVENTS', { subjects_filter: `*.*.${athleteId}` })
  return state.subjects ?? {}
}
const publishAll = async (...events: Parameters<typeof harness.bus.publish>[0][]) => {
  for (const one of events) await harness.bus.publish(one)
}
const end = () => endOfEvents(harness.bus.transport)
/** What it takes out is what was counted before. */
const purge = async (athleteId: string, upTo: number) => {
  const counted = await countOfAthlete(harness.bus.transport, athleteId, upTo)
  expect(await purgeAthlete(harness.bus.transport, athleteId, upTo)).toBe(counted)
  return counted
}

it('takes what was told until the unlink, and of activities until the sequence given, of this athlete alone', async () => {
  await publishAll(linked('ath_1', 'lnk_1'), notified('ath_1', 'lnk_1'), deleted('ath_1', 1), deleted('ath_2', 1))
  await publishAll(linked('ath_2', 'lnk_2'), unlinked('ath_1', 'lnk_1'), deleted('ath_1', 2))
  // Of the link that comes next.
  await publishAll(linked('ath_1', 'lnk_3'), notified('ath_1', 'lnk_3'))
  const upTo = await end()
  await publishAll(deleted('ath_1', 3))
  expect(await purge('ath_1', upTo)).toBe(4)
  expect(await stored('ath_1')).toEqual({
    'athlete.linked.ath_1': 1,
    'strava.notified.ath_1': 1,
    'athlete.unlinked.ath_1': 1,
    'activity.deleted.ath_1': 1,
  })
  expect(await stored('ath_2')).toEqual({ 'athlete.linked.ath_2': 1, 'activity.deleted.ath_2': 1 })
})

it('leaves links and webhooks alone whose unlink was not told yet', async () => {
  await publishAll(linked('ath_4', 'lnk_4'), notified('ath_4', 'lnk_4'), deleted('ath_4', 1))
  expect(await purge('ath_4', await end())).toBe(1)
  expect(await stored('ath_4')).toEqual({ 'athlete.linked.ath_4': 1, 'strava.notified.ath_4': 1 })
})

it('takes nothing where there is nothing up to the sequence', async () => {
  await publishAll(deleted('ath_5', 1))
  expect(await purge('ath_5', 0)).toBe(0)
  expect(await stored('ath_5')).toEqual({ 'activity.deleted.ath_5': 1 })
})
