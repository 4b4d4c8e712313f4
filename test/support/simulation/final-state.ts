import { newEvent } from '@slipstream/messaging'
import { collections } from '@slipstream/persistence'
import { type StoredWorkout, type Tombstone, toContract, windowAt } from '@slipstream/records'
import { readWebhook } from '@slipstream/strava'
import { createMemoryStore } from '@slipstream/testing'
import { vi } from 'vitest'
import { normalise } from '../../../services/ingestion/src/domain/normalise.ts'
import { type Random, seededRandom } from '../../../services/simulator/src/domain/random.ts'
import type { Announcement } from '../../../services/simulator/src/domain/webhook-events.ts'
import { createMemoryNats } from './memory-nats.ts'
import { dayMs, startGateway, startIngestion, startScheduler, type World } from './processes.ts'
import { receive } from './receiver.ts'
import { createSteps, type Process } from './steps.ts'
import { createSimulatedStrava, stravaAthleteId } from './strava.ts'
import { createWatch } from './watch.ts'

const minuteMs = 60_000
const startMs = Date.UTC(2026, 10, 20, 12, 0, 0)
/** A turn for each athlete; an hour in production. */
const intervalMs = 5 * minuteMs
const windowDays = 28
/** Clocks go wrong by no more than this. What a wrong clock has put off may come so much later. */
const clockErrorMs = 5 * minuteMs
/** A webhook of Strava's comes no later. */
const latestWebhookMs = 3 * minuteMs
/** Two turns, which are stretched by up to a tenth at first, and time for the runs of the last one. */
const quietMs = clockErrorMs + latestWebhookMs + 2.2 * intervalMs + 3 * minuteMs

interface Options {
  seed: number
  commands: number
  isTraced: boolean
}

/** Weighted: what athletes do is more frequent than what breaks. */
const pickBy = <Name extends string>(random: Random, weights: Readonly<Record<Name, number>>): Name => {
  const entries = Object.entries(weights) as [Name, number][]
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return entries[0]?.[0] as Name
}

const weights = {
  ...{ create: 8, createLate: 3, edit: 6, remove: 6, onlyMe: 2, hide: 3, show: 3, syncNow: 4 },
  ...{ leaveOut: 3, beStale: 2, refuseWithoutWords: 2, beBusy: 2 },
  ...{ crash: 4, pause: 4, jump: 3, wipe: 1, lose: 3, double: 3, natsAway: 1 },
} as const

type Command = keyof typeof weights

/** Starts, and everything that makes a workout other than the next, up to hidden start times. */
const planOf = (random: Random, startedAt: Date) => ({
  sportType: random.pick(['Run', 'Ride', 'Walk', 'NordicSki']),
  startedAt,
  hideStartTime: random.chance(0.3),
  visibility: random.chance(0.1) ? ('only_me' as const) : ('everyone' as const),
})

const createWorld = ({ seed, isTraced }: Options) => {
  const random = seededRandom('final-state', seed)
  const steps = createSteps({ random, startMs, isTraced })
  const unrest = { isOn: false }
  const watch = createWatch(steps)
  const store = createMemoryStore(collections, { now: () => new Date(steps.now()), onChange: watch.onChange })
  const nats = createMemoryNats(steps, random)
  let ids = 0
  const newId = (prefix: string) => {
    ids += 1
    return `${prefix}_${ids}`
  }
  const announced: { deliver: (announcement: Announcement) => void } = { deliver: () => {} }
  const strava = createSimulatedStrava({
    ...{ steps, random },
    mostPerPage: random.chance(0.6) ? 200 : random.integer(2, 15),
    onAnnounced: (announcement) => announced.deliver(announcement),
  })
  const cadence = { intervalMs, isStretched: false, windowDays }
  const world: World = { steps, random, store, nats, strava, cadence, newId, unrest }

  const starters: Record<string, (process: Process) => void> = {
    gateway: (process) => {
      gateway = startGateway(world, process)
    },
    scheduler: (process) => startScheduler(world, process),
    ingestion: (process) => startIngestion(world, process),
  }
  const start = (process: Process) => {
    steps.log(`${process.name} starts`)
    starters[process.name.split('-')[0] ?? '']?.(process)
  }
  const names = ['gateway', 'scheduler-1', 'scheduler-2', 'ingestion-1', 'ingestion-2'] as const
  const processes = names.map((name) => steps.createProcess(name))
  const [gatewayProcess, ...others] = processes as [Process, ...Process[]]
  let gateway = startGateway(world, gatewayProcess)
  for (const process of others) start(process)

  const webhooks = createWebhooks(world, (event) => {
    steps.schedule(gatewayProcess, `is told ${event.aspect_type} ${event.object_id}`, 0, () => {
      const reading = readWebhook(JSON.stringify(event))
      if ('data' in reading) gateway.store(reading.data).catch((error) => steps.log(`webhook not stored: ${error}`))
    })
  })
  announced.deliver = webhooks.announce
  return { ...world, watch, processes, start, gatewayProcess, gateway: () => gateway }
}

/** Webhooks come at once, late, twice or never, and in whatever order that makes. */
const createWebhooks = ({ steps, random }: World, tell: (event: Announcement & { event_time: number }) => void) => ({
  announce: (announcement: Announcement) => {
    const event = { ...announcement, event_time: Math.floor(steps.now() / 1_000), subscription_id: 1 }
    const fate = pickBy(random, { soon: 5, late: 2, twice: 2, lost: 2 })
    steps.log(`Strava tells ${event.aspect_type} of ${event.object_id}: ${fate}`)
    if (fate === 'lost') return
    for (let copy = fate === 'twice' ? 2 : 1; copy > 0; copy -= 1) {
      const afterMs = random.integer(0, fate === 'soon' ? 2_000 : latestWebhookMs)
      steps.schedule(null, 'webhook', afterMs, () => tell(event))
    }
  },
})

type SimulatedSystem = ReturnType<typeof createWorld>

const linkId = 'lnk_1'
const athleteId = 'athlete_1'

const linkAthlete = async (system: SimulatedSystem): Promise<void> => {
  const { gateway, newId } = system
  const linkedAt = gateway().clock.now()
  const link = { athleteId, linkId, stravaAthleteId: String(stravaAthleteId), scopes: ['read', 'activity:read_all'] }
  const told = { ...link, linkedAt: linkedAt.toISOString() }
  const event = newEvent('athlete.linked', told, { id: newId('evt'), now: linkedAt })
  await gateway().links.create({ ...link, displayName: 'Anna', linkedAt }, event)
  gateway().nudge()
}

const askSync = async ({ gateway, newId }: SimulatedSystem): Promise<void> => {
  const { links, clock, nudge } = gateway()
  const link = await links.find(linkId)
  const now = clock.now()
  const told = { athleteId, linkId, runId: newId('run'), requestedAt: now.toISOString() }
  const event = newEvent('sync.triggered', told, { id: newId('evt'), now })
  if (link && (await links.askSync(linkId, link.manualSync?.runId ?? null, event))) nudge()
}

const carryOut = (system: SimulatedSystem, command: Command): void => {
  const { steps, random, strava, nats, processes, start, gatewayProcess } = system
  const entries = strava.activities()
  // What happens to the newest happens while others are still at it.
  const entry = entries[random.integer(random.chance(0.5) ? Math.max(0, entries.length - 3) : 0, entries.length - 1)]
  const process = processes[random.integer(0, processes.length - 1)]
  const briefly = () => random.integer(1_000, 2 * minuteMs)
  const daysAgo = (days: number) => new Date(steps.now() - random.between(0, days) * dayMs)
  steps.log(`--- ${command} ${entry?.activity.id ?? ''}`)
  switch (command) {
    case 'create':
      strava.create(planOf(random, daysAgo(0.2)), { thereAfterMs: random.chance(0.3) ? briefly() : 0 })
      return
    case 'createLate':
      strava.create(planOf(random, daysAgo(windowDays + 4)), { thereAfterMs: 0 })
      return
    case 'edit':
      if (entry) {
        const name = `edited ${random.integer(1, 1_000)}`
        const distance = random.integer(1_000, 40_000)
        strava.edit(entry, random.pick<Partial<typeof entry.activity>>([{ name }, { distance }, { commute: true }]))
      }
      return
    case 'remove':
      if (entry) strava.remove(entry)
      return
    case 'onlyMe': {
      const isPrivate = random.chance(0.5)
      if (entry) strava.edit(entry, { private: isPrivate, visibility: isPrivate ? 'only_me' : 'everyone' })
      return
    }
    case 'hide':
      if (entry) strava.hide(entry, true)
      return
    case 'show': {
      const hidden = entries.find(({ isHidden }) => isHidden)
      if (hidden) strava.hide(hidden, false)
      return
    }
    case 'syncNow':
      steps.schedule(gatewayProcess, 'is asked to sync', 0, () => {
        askSync(system).catch((error) => steps.log(`not asked: ${error}`))
      })
      return
    case 'leaveOut':
      if (entry) strava.leaveOut(entry, briefly())
      return
    case 'beStale':
      strava.beStale(random.integer(1_000, minuteMs), briefly())
      return
    case 'refuseWithoutWords':
      strava.refuseWithoutWords(briefly())
      return
    case 'beBusy':
      strava.beBusy(briefly())
      return
    case 'crash':
      if (process) {
        steps.log(`${process.name} dies`)
        steps.crash(process)
        steps.schedule(null, 'restart', random.integer(0, 20_000), () => start(process))
      }
      return
    case 'pause':
      if (process) {
        process.pausedUntilMs = steps.now() + random.integer(1_000, minuteMs)
        steps.log(`${process.name} is paused until ${new Date(process.pausedUntilMs).toISOString()}`)
      }
      return
    case 'jump':
      if (process) {
        process.aheadMs = random.chance(0.4) ? 0 : random.integer(-clockErrorMs, clockErrorMs)
        steps.log(`the clock of ${process.name} is ${process.aheadMs} ms ahead`)
      }
      return
    case 'wipe':
      nats.wipe()
      return
    case 'lose':
      nats.loseOne()
      return
    case 'double':
      nats.doubleOne()
      return
    case 'natsAway':
      nats.goAway(random.integer(1_000, minuteMs))
      return
  }
}

const begin = async (system: SimulatedSystem): Promise<void> => {
  const { steps, random, strava, gatewayProcess } = system
  const old = random.chance(0.7) ? random.integer(1, 8) : 0
  // Several a day, as hidden start times confuse the order within a day.
  const days = [random.integer(0, 27), ...Array.from({ length: 5 }, () => random.integer(0, 27))] as const
  for (let count = random.integer(0, 25); count > 0; count -= 1) {
    const startedAt = new Date(steps.now() - (random.pick(days) + random.next()) * dayMs)
    strava.create(planOf(random, startedAt), { thereAfterMs: 0 })
  }
  for (let count = old; count > 0; count -= 1) {
    const startedAt = new Date(steps.now() - random.between(windowDays, windowDays + 20) * dayMs)
    strava.create(planOf(random, startedAt), { thereAfterMs: 0 })
  }
  steps.schedule(gatewayProcess, 'links', 0, () => void linkAthlete(system))
  await steps.run(steps.now() + minuteMs)
}

/** All goes well from now on, for so long that what has to be made good is. */
const rest = async ({ steps, strava, processes, unrest }: SimulatedSystem): Promise<void> => {
  steps.log('--- rest')
  unrest.isOn = false
  strava.endFaults()
  for (const process of processes) {
    process.aheadMs = 0
    process.pausedUntilMs = 0
  }
  await steps.run(steps.now() + quietMs)
}

/** Nothing to compare: it leaves the window while it is looked at. */
const isNearEdge = (startedAt: Date, edge: Date) => Math.abs(startedAt.getTime() - edge.getTime()) < 2 * 60 * minuteMs

const divergencesOf = ({ steps, store, nats, strava, watch }: SimulatedSystem): string[] => {
  const { after } = windowAt(new Date(steps.now()), windowDays)
  const isCompared = ({ startedAt }: { startedAt: Date }) => startedAt > after && !isNearEdge(startedAt, after)
  const found: string[] = [...watch.problems]
  const stored = [...store.rows('workouts').values()] as unknown as (StoredWorkout & { outbox: unknown[] })[]
  const tombstones = [...store.rows('tombstones').values()] as unknown as Tombstone[]
  const shown = new Map(strava.shown().map((activity) => [activity.stravaActivityId, normalise(activity)]))

  for (const [id, values] of shown) {
    if (!isCompared(values)) continue
    const workout = stored.find(({ stravaActivityId }) => stravaActivityId === id)
    if (!workout) {
      found.push(`${id} is shown by Strava and not stored`)
      continue
    }
    for (const [field, value] of Object.entries(values)) {
      const kept: unknown = workout[field as keyof typeof workout]
      if (JSON.stringify(kept) !== JSON.stringify(value))
        found.push(`${id} has ${field} ${kept}, and ${value} at Strava`)
    }
  }
  for (const { stravaActivityId: id, deletion, ...workout } of stored) {
    if (isCompared(workout) && !shown.has(id)) found.push(`${id} is stored and not shown by Strava`)
    if (deletion) found.push(`the removal of ${id} has not ended`)
  }

  const overdueMs = steps.now() - 2 * minuteMs
  for (const { objectId, takenAt, nextTryAt } of store.rows('webhookInbox').values() as Iterable<never>)
    if (takenAt === null && nextTryAt < overdueMs) found.push(`nobody has taken in what was told of ${objectId}`)
  for (const { publishedAt } of store.rows('schedules').values() as Iterable<never>)
    if (publishedAt !== null && publishedAt < overdueMs) found.push('something is wanted that nobody does')

  const { known, disputed } = receive(nats.told)
  found.push(...disputed)
  for (const { outbox, ...workout } of stored) {
    const told = known.get(workout._id)
    if (outbox.length > 0) found.push(`${workout._id} has something to tell`)
    if (JSON.stringify(told?.workout) !== JSON.stringify(toContract(workout)))
      found.push(`receivers know ${workout._id} (${workout.stravaActivityId}) otherwise: ${JSON.stringify(told)}`)
  }
  for (const [workoutId, { workout }] of known) {
    if (
      workout === null &&
      !tombstones.some(({ _id }) => _id === workoutId) &&
      !stored.some(({ _id }) => _id === workoutId)
    )
      found.push(`${workoutId} was told to be gone and left no tombstone`)
    if (workout !== null && !stored.some(({ _id }) => _id === workoutId))
      found.push(`receivers know ${workoutId} (${workout.stravaActivityId}), which is not stored`)
  }
  return found
}

/** One seed's life of a link. Resolves to what is not as it is at Strava in the end, and what happened. */
export const simulate = async (options: Options): Promise<{ divergences: string[]; lines: readonly string[] }> => {
  try {
    const system = createWorld(options)
    const { steps, random, unrest } = system
    await begin(system)
    unrest.isOn = true
    for (let count = 0; count < options.commands; count += 1) {
      carryOut(system, pickBy(random, weights))
      const pace = pickBy(random, { atOnce: 3, soon: 3, later: 2 })
      if (pace === 'atOnce') await steps.run(Number.POSITIVE_INFINITY, random.integer(0, 30))
      else await steps.run(steps.now() + random.integer(0, pace === 'soon' ? 5_000 : 90_000))
    }
    await rest(system)
    return { divergences: divergencesOf(system), lines: steps.lines() }
  } finally {
    vi.unstubAllGlobals()
  }
}
