import { connectStore, type Store } from '@slipstream/persistence'
import type { Environment } from '@slipstream/runtime'
import type { Command } from 'commander'
import { readMongo } from './settings.ts'

/** What a command came to: `data` is its `--json` shape, `text` the same for people. */
export interface Shown {
  data: unknown
  text: string
  /** 1 when something was found that somebody has to see to. Default 0. */
  exitCode?: 0 | 1
}

/** What commands work with. */
export interface Cli {
  /** Settings of the demo that runs here, or of the environment. */
  env: Environment
  isDemo: boolean
  now(): Date
  write(text: string): void
  /** Work with MongoDB, disconnected afterwards. */
  withStore<T>(work: (store: Store<'operator'>) => Promise<T>): Promise<T>
  /** A commander action that shows what `work` comes to. */
  showing<Args extends unknown[]>(
    work: (...args: Args) => Promise<Shown>,
  ): (...args: [...Args, Command]) => Promise<void>
}

/** A person waits: better told soon that a server is away. */
const limitMs = 5_000

export interface CliOptions extends Pick<Cli, 'env' | 'isDemo' | 'now' | 'write'> {
  setExitCode(code: number): void
}

export const createCli = ({ setExitCode, ...given }: CliOptions): Cli => ({
  ...given,
  withStore: async (work) => {
    const store = await connectStore({ uri: readMongo(given.env).MONGODB_URI, owner: 'operator', limitMs })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  },
  showing:
    (work) =>
    async (...args) => {
      const command = args.at(-1) as Command
      const { data, text, exitCode = 0 } = await work(...(args.slice(0, -1) as Parameters<typeof work>))
      const { json } = command.optsWithGlobals<{ json?: boolean }>()
      given.write(`${json ? JSON.stringify(data, null, 2) : text}\n`)
      setExitCode(exitCode)
    },
})
