import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { connectStore, prepareDatabase, type Store } from '@slipstream/persistence'
import { newId, Secret, systemClock } from '@slipstream/runtime'
import { startTestMongo, type TestMongo } from '@slipstream/testing'
import { createGrantVault, type GrantVault, parseTokenKeys, type Timings } from '@slipstream/vault'
import { createSimulator, type Simulator } from '../../services/simulator/src/service.ts'
import { killAll } from './child-processes.ts'

/** Where a refresh can be halted: before the lease, with it, after Strava has answered, after the pair was stored. */
export const steps = ['looking', 'leased', 'rotated', 'stored'] as const
export type Step = (typeof steps)[number]

export interface Order {
  id: string
  linkId: string
  callers?: number
  /** Halts the next refresh of the link at this step: stopped, killed, or waiting until it is told to go on. */
  halt?: { at: Step; how: 'SIGSTOP' | 'SIGKILL' | 'wait' }
}

export type Report =
  | { kind: 'ready' }
  | { kind: 'stopping' }
  | { kind: 'halts'; linkId: string; step: Step }
  | { kind: 'answers'; id: string; tokens: string[]; errors: string[] }

type Answers = Pick<Extract<Report, { kind: 'answers' }>, 'tokens' | 'errors'>

/** A process with a vault of its own. */
export interface TokenWorker {
  /** Asks for the link's token, by several callers at once. */
  ask(linkId: string, options?: Pick<Order, 'callers' | 'halt'>): Promise<Answers>
  /** Resolves when the refresh of the link has come to its halt. */
  halted(linkId: string): Promise<void>
  goOn(): void
  signal(signal: NodeJS.Signals): void
  /** Resolves when the first signal to stop has been heard. */
  heardStop(): Promise<void>
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

interface WorkerOptions {
  /** In place of the key under which the bench seals. */
  tokenKeys?: string
  /** Killed at this write of those that move tokens to another key. */
  diesAtReseal?: number
}

export interface TokenBench {
  mongo: TestMongo
  simulator: Simulator
  store: Store<'gateway'>
  grants: GrantVault
  tokenKeys: string
  startWorker(options?: WorkerOptions): Promise<TokenWorker>
  /** A link of a simulated athlete whose access token is due for a refresh. */
  link(account: string): Promise<{ linkId: string; athleteId: string; stravaAthleteId: string }>
  expire(linkId: string): Promise<void>
  refreshCalls(account: string): { ok: number; refused: number }
  credential(linkId: string): Promise<{ status: string; tokenVersion: number } | null>
  /** Whether the grant lives here and at Strava: a refresh works, and its token is good. */
  isAlive(worker: TokenWorker, linkId: string): Promise<boolean>
  stop(): Promise<void>
}

const workerFile = join(import.meta.dirname, 'token-worker.ts')

const startProcess = async (environment: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; worker: TokenWorker }> => {
  const child = fork(workerFile, { env: environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const answers = new Map<string, PromiseWithResolvers<Answers>>()
  const halts = new Map<string, PromiseWithResolvers<void>>()
  const ready = Promise.withResolvers<void>()
  const stopping = Promise.withResolvers<void>()
  const haltOf = (linkId: string) => {
    const halt = halts.get(linkId) ?? Promise.withResolvers<void>()
    halts.set(linkId, halt)
    return halt
  }
  child.on('message', (report: Report) => {
    if (report.kind === 'ready') ready.resolve()
    else if (report.kind === 'stopping') stopping.resolve()
    else if (report.kind === 'halts') haltOf(report.linkId).resolve()
    else answers.get(report.id)?.resolve(report)
  })
  await ready.promise
  const worker: TokenWorker = {
    ask: (linkId, options = {}) => {
      const id = newId('ask')
      const answer = Promise.withResolvers<Answers>()
      answers.set(id, answer)
      if (options.halt) halts.delete(linkId)
      // Who is gone by now answers nothing; whoever asked sees it exit.
      child.send({ id, linkId, ...options } satisfies Order, () => {})
      return answer.promise
    },
    halted: (linkId) => haltOf(linkId).promise,
    goOn: () => child.send('go on'),
    signal: (signal) => child.kill(signal),
    heardStop: () => stopping.promise,
    exited: async () => {
      const [code, signal] = await exited
      return { code, signal }
    },
  }
  return { child, worker }
}

/** A mongod and a simulated Strava that rotates strictly, and any number of processes that refresh tokens. */
export const startTokenBench = async (timings: Partial<Timings>): Promise<TokenBench> => {
  const simulator = createSimulator()
  const [mongo] = await Promise.all([startTestMongo(), simulator.start()])
  simulator.control.setFaults({ behaviour: { refreshRotation: 'always', accessTokenSeconds: 3_600 } })
  const store = await connectStore({ uri: mongo.uri, owner: 'gateway' })
  await prepareDatabase(store.connection)
  const tokenKeys = `test:${randomBytes(32).toString('base64')}`
  const { collections } = store
  const grants = createGrantVault({ collections, keyring: parseTokenKeys(tokenKeys), clock: systemClock, timings })
  const children: ChildProcess[] = []

  const expire = async (linkId: string) => {
    await collections.credentials.updateOne({ _id: linkId }, { $set: { accessExpiresAt: new Date(0) } })
  }

  return {
    mongo,
    simulator,
    store,
    grants,
    tokenKeys,
    startWorker: async (options = {}) => {
      const { child, worker } = await startProcess({
        PATH: process.env.PATH,
        MONGODB_URI: mongo.uri,
        STRAVA_OAUTH_BASE_URL: simulator.url,
        TOKEN_KEYS: options.tokenKeys ?? tokenKeys,
        ...(options.diesAtReseal && { DIE_AT_RESEAL: String(options.diesAtReseal) }),
        TIMINGS: JSON.stringify(timings),
      })
      children.push(child)
      return worker
    },
    link: async (account) => {
      const granted = simulator.control.grant(account)
      const ids = {
        linkId: newId('lnk'),
        athleteId: newId('ath'),
        stravaAthleteId: String(granted.stravaAthleteId),
      }
      const tokens = {
        accessToken: new Secret(granted.accessToken),
        refreshToken: new Secret(granted.refreshToken),
        accessExpiresAt: new Date(0),
      }
      await grants.begin({ ...ids, status: 'active', tokens })
      return ids
    },
    expire,
    refreshCalls: (account) => {
      const calls = simulator.control.calls().calls.filter((call) => call.endpoint === 'refresh')
      const of = calls.filter((call) => call.account === account || call.account === null)
      return {
        ok: of.filter(({ status }) => status === 200).length,
        refused: of.filter(({ status }) => status === 400).length,
      }
    },
    credential: (linkId) => collections.credentials.findById(linkId).lean(),
    isAlive: async (worker, linkId) => {
      await expire(linkId)
      const { tokens } = await worker.ask(linkId)
      if (!tokens[0]) return false
      const response = await fetch(`${simulator.url}/api/v3/athlete`, {
        headers: { authorization: `Bearer ${tokens[0]}` },
      })
      return response.ok
    },
    stop: async () => {
      await killAll(children)
      await store.close()
      await Promise.all([mongo.remove(), simulator.stop()])
    },
  }
}
