import { vi } from 'vitest'
import type { Random } from '../../../services/simulator/src/domain/random.ts'

// Time and chance of a simulation. All that happens is a step; which of the steps that are ready comes next is chance, and
// time passes only where none is. The same seed makes the same steps in the same order.

/** One process that may be paused, or die and be started again, at any await. */
export interface Process {
  readonly name: string
  /** By how much its clock is ahead of the world's. */
  aheadMs: number
  pausedUntilMs: number
  /** Raised when it dies: what belongs to an earlier life never goes on. */
  life: number
}

interface Step {
  /** Null: the world's own. */
  process: Process | null
  life: number
  label: string
  notBeforeMs: number
  take: () => void
}

export interface Steps {
  now(): number
  createProcess(name: string): Process
  /** Resolves when it is this process's turn, not before that time has passed; never where it has died by then. */
  turn(process: Process, label: string, afterMs?: number): Promise<void>
  /** As `turn` for what is begun and not awaited. */
  schedule(process: Process | null, label: string, afterMs: number, take: () => void): void
  isAlive(process: Process, life: number): boolean
  /** Whose step is being taken; null: the world's own. */
  actor(): Process | null
  /** What is ready beside the steps, such as a message for a free worker; and when there may be more. */
  offer(source: { ready(): Step['take'][]; nextMs(): number }): void
  crash(process: Process): void
  /** Takes steps until none is left to be taken before that time, or so many were taken. */
  run(untilMs: number, mostSteps?: number): Promise<void>
  /** The last of what happened, for whoever looks into a divergence. */
  log(line: string): void
  lines(): readonly string[]
}

const { setImmediate: afterMicrotasks } = globalThis

/** All that follows from a step without a further await of the outside world. */
const settle = () => new Promise<void>((resolve) => afterMicrotasks(resolve))

export const createSteps = (options: { random: Random; startMs: number; isTraced: boolean }): Steps => {
  const { random, startMs, isTraced } = options
  let nowMs = startMs
  let steps: Step[] = []
  let current: Step | null = null
  const sources: { ready(): Step['take'][]; nextMs(): number }[] = []
  const lines: string[] = []

  const log = (line: string) => {
    if (isTraced) lines.push(`${new Date(nowMs).toISOString().slice(11, 23)} ${line}`)
  }
  const isAlive = (process: Process, life: number) => process.life === life
  const dueMs = ({ process, notBeforeMs }: Step) => Math.max(notBeforeMs, process?.pausedUntilMs ?? 0)
  const schedule: Steps['schedule'] = (process, label, afterMs, take) => {
    steps.push({ process, life: process?.life ?? 0, label, notBeforeMs: nowMs + afterMs, take })
  }

  const take = (step: Step) => {
    steps = steps.filter((one) => one !== step)
    current = step
    if (step.process) log(`${step.process.name} ${step.label}`)
    step.take()
  }

  const runOne = (): boolean => {
    const ready = steps.filter((step) => dueMs(step) <= nowMs)
    const offers = sources.flatMap((source) => source.ready())
    if (ready.length + offers.length === 0) return false
    const choice = random.integer(0, ready.length + offers.length - 1)
    const step = ready[choice]
    if (step) take(step)
    else {
      current = null
      offers[choice - ready.length]?.()
    }
    return true
  }

  const nextMs = () =>
    Math.min(...sources.map((source) => source.nextMs()), ...steps.map(dueMs), Number.POSITIVE_INFINITY)

  // Timers that product code sets belong to the process whose step set them.
  const timers = new Map<object, Step>()
  const setTimer = (label: string, work: () => void, ms: number, repeats: boolean): object => {
    const handle = {}
    const owner = current?.process ?? null
    const arm = () => {
      const fire = () => {
        timers.delete(handle)
        if (repeats) arm()
        work()
      }
      const step = { process: owner, life: owner?.life ?? 0, label, notBeforeMs: nowMs + ms, take: fire }
      timers.set(handle, step)
      steps.push(step)
    }
    arm()
    return handle
  }
  const clearTimer = (handle: object) => {
    const step = timers.get(handle)
    timers.delete(handle)
    steps = steps.filter((one) => one !== step)
  }
  vi.stubGlobal('setTimeout', (work: () => void, ms = 0) => setTimer('timeout', work, ms, false))
  vi.stubGlobal('setInterval', (work: () => void, ms = 0) => setTimer('interval', work, ms, true))
  vi.stubGlobal('clearTimeout', clearTimer)
  vi.stubGlobal('clearInterval', clearTimer)
  vi.stubGlobal('performance', { now: () => nowMs })

  return {
    now: () => nowMs,
    createProcess: (name) => ({ name, aheadMs: 0, pausedUntilMs: 0, life: 0 }),
    turn: (process, label, afterMs = 0) => new Promise((resolve) => schedule(process, label, afterMs, resolve)),
    schedule,
    isAlive,
    actor: () => current?.process ?? null,
    offer: (source) => sources.push(source),
    crash: (process) => {
      process.life += 1
      process.pausedUntilMs = 0
      steps = steps.filter((step) => step.process !== process)
    },
    run: async (untilMs, mostSteps = Number.POSITIVE_INFINITY) => {
      for (let taken = 0; taken < mostSteps; ) {
        await settle()
        if (runOne()) taken += 1
        else {
          const next = nextMs()
          if (next > untilMs) break
          nowMs = Math.max(nowMs, next)
        }
      }
      if (mostSteps === Number.POSITIVE_INFINITY) nowMs = Math.max(nowMs, untilMs)
    },
    log,
    lines: () => lines,
  }
}
