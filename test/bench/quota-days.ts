import { isWantOpen, type SyncRunRow, wantsOf } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { leftForADay } from '../../libs/quota/src/lane-budget.ts'
import { createReplicas } from '../../libs/quota/test/support/replicas.ts'
import { decideDue, decideLinked, decideNotified } from '../../services/scheduler/src/domain/ask.ts'
import { type Cadence, type CadenceSettings, cadenceFor } from '../../services/scheduler/src/domain/cadence.ts'
import { completeEnd, decideFinished } from '../../services/scheduler/src/domain/finish.ts'
import type { Link, Schedule } from '../../services/scheduler/src/domain/schedule.ts'
import { type Bench, share, summarise } from './report.ts'

// Days at Strava in simulated time: the real decisions of the ledger and of the scheduler, three replicas, and a Strava that
// counts. Nothing is stored and nothing is fetched; a run is the calls it makes.

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Of a new app. */
const limits = { quarterHour: 100, day: 1_000 }
const uploadsADay = 0.6
const editsADay = 0.1
const countedDays = 3
const startAt = new Date('2026-11-20T00:00:00Z')
/** The first day is not counted: nobody has been listed yet. */
const countedFromMs = startAt.getTime() + dayMs
const endMs = countedFromMs + countedDays * dayMs

interface Way {
  name: string
  athletes: number
  /** How long a turn lists: most athletes trained before the window, so one page proves all of it. */
  callsPerTurn: number
  hasWebhooks: boolean
  mode: CadenceSettings['mode']
}

interface Outcome {
  freshnessMs: number[]
  callsADay: number
  overLimit: number
  /** Longest between two full lists of an athlete. */
  longestGapMs: number
  cadence: Cadence
}

interface Athlete {
  link: Link
  schedule: Schedule
  /** When what is not known yet has happened at Strava. */
  unknownSince: number[]
  listedAtMs: number
}

const simulate = async ({ athletes: count, callsPerTurn, hasWebhooks, mode }: Way): Promise<Outcome> => {
  const { time, random, strava, replicas } = createReplicas({
    ...{ seed: 20_261_126, limits, replicaAheadMs: [-1_000, 0, 1_500], sharedAheadMs: 300, startAt },
  })
  const settings: CadenceSettings = { mode, intervalMs: hourMs, windowDays: 28 }
  const freshnessMs: number[] = []
  let longestGapMs = 0
  const told = hasWebhooks ? count * (uploadsADay + editsADay) : 0
  let cadence = cadenceFor(settings, { athletes: count, callsPerTurn, callsPerDay: limits.day * 0.9 - told })
  const now = () => new Date(time.now())
  const newRunId = () => newId('run')

  const athletes = Array.from({ length: count }, (_, index): Athlete => {
    const [athleteId, linkId] = [`athlete_${index}`, `link_${index}`]
    const activeSince = new Date(startAt.getTime() - 1)
    const link: Link = { athleteId, linkId, status: 'active', statusSince: activeSince, activeSince, manualSync: null }
    const first = decideLinked({ schedule: null, link, now: startAt, cadence, random: 0 })
    if (!first) throw new Error('a new link asks for its first import')
    const { schedule } = first
    // Linked long ago: what was asked for then is done, and the next turn is somewhere in the rhythm.
    const wants = Object.fromEntries(
      Object.entries(wantsOf(schedule)).map(([lane, want]) => [lane, { ...want, answered: want.asked }]),
    )
    const nextDueAt = new Date(startAt.getTime() + random() * cadence.intervalMs)
    return {
      ...{ link, unknownSince: [], listedAtMs: startAt.getTime() },
      schedule: { ...schedule, wants, publishedAt: null, completedVersion: schedule.requestedVersion, nextDueAt },
    }
  })

  const replicaOf = () => replicas[Math.floor(random() * replicas.length)] ?? replicas[0]

  const callUntilDone = async (athleteId: string, lane: 'realtime' | 'scheduled') => {
    for (;;) {
      const refusedUntil = (await replicaOf()?.call({ operation: 'activities', lane, athleteId }))?.refusedUntil
      if (!refusedUntil) return
      await time.sleep(Math.max(1, refusedUntil.getTime() - time.now()))
    }
  }

  const run = async (athlete: Athlete, lane: 'realtime' | 'scheduled') => {
    const { athleteId, linkId } = athlete.link
    const want = wantsOf(athlete.schedule)[lane]
    if (!want || !isWantOpen(want)) return
    const requestedAt = now()
    const isFullPass = want.activities === undefined
    for (let call = 0; call < (isFullPass ? callsPerTurn : 1); call += 1) await callUntilDone(athleteId, lane)
    const finishedAt = now()
    // A list shows whatever has happened until it was asked for.
    const found = athlete.unknownSince.filter((sinceMs) => sinceMs < finishedAt.getTime() - secondMs)
    athlete.unknownSince = athlete.unknownSince.filter((sinceMs) => !found.includes(sinceMs))
    if (finishedAt.getTime() > countedFromMs) {
      freshnessMs.push(...found.map((sinceMs) => finishedAt.getTime() - sinceMs))
      if (isFullPass) longestGapMs = Math.max(longestGapMs, finishedAt.getTime() - athlete.listedAtMs)
    }
    if (isFullPass) athlete.listedAtMs = finishedAt.getTime()
    const row: Parameters<typeof completeEnd>[1] = {
      ...{ lane, requestedVersion: want.asked, outcome: 'succeeded', requestedAt, startedAt: requestedAt },
      ...{ answers: { [lane]: want.asked }, activities: want.activities ?? [], unseen: [] },
      window: { after: new Date(0), before: finishedAt },
      counts: {
        listed: 0,
        created: found.length,
        updated: 0,
        deleted: 0,
        unchanged: 0,
        calls: 1,
      } as SyncRunRow['counts'],
    }
    const told = { linkId, runId: want.runId, lane, requestedVersion: want.asked, answers: { [lane]: want.asked } }
    const end = completeEnd({ ...told, outcome: 'succeeded', finishedAt }, row)
    const change = decideFinished(athlete.schedule, end, { now: finishedAt, newRunId })
    if (change) athlete.schedule = change.schedule
    if (change?.asks.includes(lane)) void run(athlete, lane)
  }

  const pushed = async (athlete: Athlete, aspect: 'create' | 'update') => {
    const eventTime = now()
    await time.sleep(secondMs + random() * 4 * secondMs)
    const id = newRunId()
    const notices = [{ stravaActivityId: id, inboxId: id, aspect, eventTime, receivedAt: now() }]
    const { schedule, link } = athlete
    athlete.schedule = decideNotified({ schedule, link, now: now(), cadence, random: 0, notices, runId: id }).schedule
    await run(athlete, 'realtime')
  }

  const live = async (athlete: Athlete, perDay: number, aspect: 'create' | 'update') => {
    for (;;) {
      await time.sleep((-Math.log(1 - random()) * dayMs) / perDay)
      athlete.unknownSince.push(time.now())
      if (hasWebhooks) void pushed(athlete, aspect)
    }
  }

  const takeTurns = async () => {
    for (;;) {
      const status = await replicas[0]?.ledger.read()
      if (status) {
        const callsPerDay = leftForADay(status.buckets, 'scheduled', now())
        cadence = cadenceFor(settings, { athletes: count, callsPerTurn, callsPerDay })
      }
      for (const athlete of athletes.filter(({ schedule }) => schedule.nextDueAt <= now())) {
        const { schedule, link } = athlete
        const change = decideDue({ schedule, link, now: now(), cadence, runId: newRunId() })
        athlete.schedule = change.schedule
        if (change.asks.length > 0) void run(athlete, 'scheduled')
      }
      await time.sleep(minuteMs)
    }
  }

  for (const athlete of athletes) {
    void live(athlete, uploadsADay, 'create')
    void live(athlete, editsADay, 'update')
  }
  void takeTurns()
  await time.run(endMs)
  const stale = athletes.map(({ listedAtMs }) => endMs - listedAtMs)
  const calls = [...strava.quarterHours]
    .filter(([quarterHour]) => quarterHour * 15 * minuteMs >= countedFromMs)
    .reduce((sum, [, made]) => sum + made, 0)
  return {
    ...{ freshnessMs, overLimit: strava.overLimit, cadence, callsADay: calls / countedDays },
    longestGapMs: Math.max(longestGapMs, ...stale),
  }
}

const duration = (ms: number): string => {
  if (ms < minuteMs) return `${(ms / secondMs).toFixed(1)} s`
  return ms < 2 * hourMs ? `${Math.round(ms / minuteMs)} min` : `${(ms / hourMs).toFixed(1)} h`
}

const wantedAthletes = 660
const wantedFreshnessMs = 10 * secondMs
const mirroredWithinMs = 48 * hourMs

const isCarried = ({ freshnessMs, overLimit, longestGapMs }: Outcome): boolean =>
  overLimit === 0 && summarise(freshnessMs).p50 <= wantedFreshnessMs && longestGapMs <= mirroredWithinMs

const ours = { callsPerTurn: 1, hasWebhooks: true, mode: 'auto' } as const
const hourly = { hasWebhooks: false, mode: 'hourly' } as const

/** As many athletes as are polled each hour, and as many as ours carries; steps of 20. */
const mostCarried = async (): Promise<Way> => {
  let carried: Way = { ...ours, name: 'ours, as many as are carried', athletes: 0 }
  for (let athletes = 600; athletes <= 800; athletes += 20) {
    const way = { ...carried, athletes }
    if (!isCarried(await simulate(way))) break
    carried = way
  }
  return carried
}

export const benchQuotaDays: Bench = async () => {
  // Without webhooks every call is a turn, and of nine tenths of a day a twentieth is left for those that had to wait.
  const polled = (callsPerTurn: number) => Math.floor((limits.day * 0.9 * 0.95) / 24 / callsPerTurn)
  const ways: Way[] = [
    { ...hourly, name: 'hourly, one call', athletes: polled(1), callsPerTurn: 1 },
    { ...hourly, name: 'hourly, to the empty page', athletes: polled(2), callsPerTurn: 2 },
    { ...ours, name: 'ours', athletes: wantedAthletes },
    await mostCarried(),
  ]
  const figures = []
  for (const way of ways) {
    const outcome = await simulate(way)
    const { p50, p95 } = summarise(outcome.freshnessMs)
    const wanted = `≥ ${wantedAthletes} athletes, p50 ≤ ${duration(wantedFreshnessMs)}, 0 over`
    figures.push({
      what: `${way.name}: ${way.athletes} athletes`,
      measured: [
        `known after ${duration(p50)} (p95 ${duration(p95)})`,
        `listed each ${duration(outcome.cadence.intervalMs)}, at most ${duration(outcome.longestGapMs)}`,
        `${Math.round(outcome.callsADay)} calls a day, ${outcome.overLimit} over`,
        `${share(way.athletes, polled(1))} hourly`,
      ].join('; '),
      ...(way.name === 'ours' && { wanted }),
    })
  }
  return {
    title: `quota days: ${countedDays} simulated days, ${limits.day} reads a day, ${uploadsADay} uploads and ${editsADay} edits an athlete and day`,
    figures,
  }
}
