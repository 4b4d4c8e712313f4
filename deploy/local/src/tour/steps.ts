import { setTimeout as delay } from 'node:timers/promises'
import type { Status } from '@slipstream/contracts'
import type { ReceivedEvent } from '@slipstream/messaging'
import type { Control } from '../demo/control.ts'
import type { Narrator } from './narrator.ts'
import type { TourAthlete } from './tour-athlete.ts'
import type { TourEvents } from './tour-events.ts'
import type { UndoList } from './undo-list.ts'
import { waitUntil } from './wait-until.ts'

// What the tour shows, in order. Whatever a step changes it notes first in the list of what has to be put back.

export interface Stage {
  control: Control
  athlete: TourAthlete
  /** The same athlete, for what is put back: goes on when the tour was ended. */
  afterwards: TourAthlete
  wasLinked: boolean
  events: TourEvents
  narrator: Narrator
  undo: UndoList
  signal: AbortSignal
}

export interface Step {
  title: string
  run(): Promise<void>
}

const now = (): number => performance.now()

/** The page's own words. */
const errorWords = ({ error }: Status): string => `"${error?.title}. ${error?.detail}"`

const about =
  (type: ReceivedEvent['type'], activityId: number) =>
  (event: ReceivedEvent): boolean =>
    event.type === type && 'stravaActivityId' in event.data && event.data.stravaActivityId === String(activityId)

const placeOf = (activityId: number, workouts: { stravaActivityId: string }[]): number =>
  workouts.findIndex(({ stravaActivityId }) => stravaActivityId === String(activityId)) + 1

const quarterHourMs = 15 * 60_000
/** So long the quota window stays closed: enough to look at the page meanwhile. */
const closedForMs = 10_000
/** Too short to be closed in time. */
const tooShortMs = 8_000

const msToQuarterHour = (time: string): number => quarterHourMs - (Date.parse(time) % quarterHourMs)

/** A pause that is over before Slipstream has looked whether there is one ends for those who wait at the time they were given. */
const noticedWithinMs = 6_000

interface Recorded {
  id: number
  /** Deletes it at Strava. */
  remove(): Promise<void>
}

export const stepsOn = (stage: Stage): Step[] => {
  const { control, athlete, afterwards, wasLinked, events, narrator, undo, signal } = stage
  const { account, firstName } = athlete

  const recorded: number[] = []

  /** Adds an activity that is deleted at the end, where it was not before. */
  const record = async (how: 'addActivity' | 'lateUpload', name: string): Promise<Recorded> => {
    const { id } = await control[how](account, { name, movingMinutes: 52, distanceKilometers: 10.2 })
    recorded.push(id)
    const entry = undo.note(`"${name}" is deleted at Strava`, () => control.deleteActivity(id))
    return { id, remove: entry.putBack }
  }

  /** Else the next change would join a sync that is under way, and the times would be those of both. */
  const settled = () => athlete.untilStatus('nothing is under way', ({ sync }) => sync === null)

  const connecting = async () => {
    if (wasLinked) {
      undo.note(`${firstName} has the workouts of before`, async () => {
        await afterwards.untilWorkouts('what was added is gone', (all) =>
          recorded.every((id) => placeOf(id, all) === 0),
        )
      })
      return narrator.tells(
        `${firstName} is connected already, and will be at the end; all workouts are fetched anew then.`,
      )
    }
    undo.note(`${firstName} is disconnected, and what was stored is deleted`, async () => {
      if ((await afterwards.status()).status !== 'not_linked') await afterwards.disconnect()
    })
    const since = now()
    narrator.happens(`${firstName} presses Connect with Strava and agrees on Strava's page.`)
    await athlete.connect()
    const workouts = await athlete.untilWorkouts('workouts', () => true)
    narrator.subscriberGets(await events.next('athlete.linked', ({ type }) => type === 'athlete.linked', since))
    await events.next('sync.finished', ({ type }) => type === 'sync.finished', since)
    const ingested = events.heardSince(since).filter(({ event }) => event.type === 'activity.ingested')
    const last = ingested.at(-1)
    if (last) narrator.subscriberGets(last, `${ingested.length} times: one for each workout`)
    narrator.athleteSees(`connected, with ${workouts.length} workouts of the last 28 days`)
  }

  let longRun: Recorded
  const uploadingLate = async () => {
    const since = now()
    narrator.happens(`${firstName} uploads a run of three days ago. Strava's webhook tells of it.`)
    longRun = await record('lateUpload', 'Long run')
    narrator.subscriberGets(await events.next('the upload', about('activity.ingested', longRun.id), since))
    const workouts = await athlete.untilWorkouts('the run is listed', (all) => placeOf(longRun.id, all) > 0)
    const place = placeOf(longRun.id, workouts)
    narrator.athleteSees(`"Long run" among the workouts, at place ${place}: where its date belongs`)
    await settled()
  }

  const editing = async () => {
    const since = now()
    narrator.happens(`${firstName} gives the run another name.`)
    await control.editActivity(longRun.id, { name: 'Long run with Eva' })
    narrator.subscriberGets(await events.next('the edit', about('activity.updated', longRun.id), since))
    await athlete.untilWorkouts('the new name is listed', (all) => all.some(({ name }) => name === 'Long run with Eva'))
    narrator.athleteSees('the new name in the list')
    await settled()
  }

  const deleting = async () => {
    const since = now()
    narrator.happens(`${firstName} deletes the run.`)
    await longRun.remove()
    narrator.subscriberGets(await events.next('the delete', about('activity.deleted', longRun.id), since))
    await athlete.untilWorkouts('the run is not listed', (all) => placeOf(longRun.id, all) === 0)
    narrator.athleteSees('a list without it')
    await settled()
  }

  /** One call, whose answer tells Slipstream the time at Strava. */
  const syncedByHand = async (who: TourAthlete) => {
    if ((await who.status()).status === 'active') await who.sync()
  }

  /** Close to the end of its quarter hour, so that nobody has to wait for long until the next one. */
  const setClockBeforeQuarterHour = async () => {
    const { offsetMs } = await control.clock()
    const entry = undo.note("Strava's clock is right again, and Slipstream knows it", async () => {
      await control.setClock({ offsetMs })
      await syncedByHand(afterwards)
    })
    const msLeft = async () => msToQuarterHour((await control.clock()).time)
    // The one that ends now is let go by.
    await waitUntil('a quarter hour begins', async () => ((await msLeft()) > tooShortMs ? true : null), { signal })
    const aheadMs = (await msLeft()) - closedForMs
    if (aheadMs > 0) await control.advanceClock(aheadMs / 1000)
    await syncedByHand(athlete)
    return entry
  }

  const closingQuota = async () => {
    const clock = await setClockBeforeQuarterHour()
    const { limits, usage } = await control.limits()
    const limit = undo.note("Strava's limits are as before", () => control.setLimits(limits))
    const since = now()
    narrator.happens(
      `The application has used up Strava's quota: no athlete's call is answered until the quarter hour ends. That is soon, as Strava's clock was put ahead. ${firstName} uploads a run.`,
    )
    await control.setLimits({ overall: { quarterHour: usage.overall.quarterHour } })
    const { id } = await record('addActivity', 'Lunch run')
    const waiting = await athlete.untilStatus('the quota is closed', ({ sync }) => sync?.waitingFor === 'quota')
    narrator.athleteSees(`still connected, and ${errorWords(waiting)}`)
    narrator.subscriberGetsNothing('nothing yet: the sync waits for the window and spends no call')
    await limit.putBack()
    const ingested = await events.next('the run after the wait', about('activity.ingested', id), since)
    narrator.subscriberGets(ingested)
    await athlete.untilStatus('nothing is wrong', ({ error, sync }) => error === null && sync === null)
    narrator.athleteSees('"Lunch run" in the list, and no error; nobody had to press anything')
    await clock.putBack()
  }

  const endInactive = async (who: TourAthlete) => {
    const { rules } = await control.faults()
    await control.setFaults({ rules: rules.filter(({ effect }) => effect.kind !== 'app_inactive') })
    // Slipstream asks by itself after some minutes; a consent shows at once that the application is on again.
    if ((await who.status()).status === 'active') await who.connect()
  }

  const switchingOff = async () => {
    const fault = undo.note('Strava has the application switched on', () => endInactive(afterwards))
    const since = now()
    narrator.happens(
      `The developer's subscription has lapsed: the application is inactive, for all athletes. ${firstName} uploads a run.`,
    )
    const { rules } = await control.faults()
    await control.setFaults({ rules: [...rules, { effect: { kind: 'app_inactive' } }] })
    const { id } = await record('addActivity', 'Evening run')
    const inactive = await athlete.untilStatus('the app is inactive', ({ error }) => error?.code === 'app_inactive')
    narrator.athleteSees(`status ${inactive.status}, and ${errorWords(inactive)}`)
    narrator.subscriberGetsNothing('nothing yet: one call found out, and no other is made for anybody')
    await delay(noticedWithinMs, undefined, { signal })
    narrator.happens(
      `The subscription is renewed. Slipstream would see that by itself, with one call after 5 minutes; to spare you the wait, ${firstName} connects again, which shows it at once.`,
    )
    await fault.putBack()
    narrator.subscriberGets(await events.next('the run after the pause', about('activity.ingested', id), since))
    await athlete.untilStatus('nothing is wrong', ({ error }) => error === null)
    narrator.athleteSees('connected, "Evening run" in the list, and no error')
  }

  const revoking = async () => {
    const linkedAgain = undo.note(`${firstName} is connected again`, async () => {
      if ((await afterwards.status()).status !== 'active') await afterwards.connect()
    })
    const since = now()
    narrator.happens(`${firstName} removes the application in Strava's settings. Strava's webhook tells of it.`)
    await control.revoke(account)
    narrator.subscriberGets(await events.next('the end of the link', ({ type }) => type === 'athlete.unlinked', since))
    const { status } = await athlete.untilStatus('the link has ended', (now) => now.status === 'not_linked')
    const receipt = await athlete.lastReceipt()
    narrator.athleteSees(`status ${status}, and a receipt (${receipt.receiptId}) of what was deleted`)
    narrator.subscriberGets(await events.next('the erasure', ({ type }) => type === 'athlete.erased', since))
    const again = now()
    narrator.happens(`${firstName} connects again.`)
    await linkedAgain.putBack()
    narrator.subscriberGets(await events.next('the new link', ({ type }) => type === 'athlete.linked', again))
    narrator.athleteSees('connected, with all workouts')
  }

  return [
    { title: 'Connecting Strava', run: connecting },
    { title: 'A late upload', run: uploadingLate },
    { title: 'An edit', run: editing },
    { title: 'A delete', run: deleting },
    { title: 'A closed quota window', run: closingQuota },
    { title: 'An application that is switched off', run: switchingOff },
    { title: 'Access revoked at Strava', run: revoking },
  ]
}
