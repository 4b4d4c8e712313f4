import { readOptions, UsageError } from '../command-line.ts'
import { isKept, isSubject } from './subjects.ts'

export const help = `Prints Slipstream's events as they happen.

Usage: npm run subscribe -- [options] [subject ...]

Options:
  --pretty       a readable line for each: time, type, athlete, what
  --since 10m    begins with the events of so long ago (s, m, h or d)
  --all          begins with the oldest that is kept (7 days)
  --help         shows this text

A subject may end in > (any rest) or hold * (any one part); quote it. Default: all
events that are kept (athlete, activity, sync.triggered, sync.finished,
strava.notified). Others, such as 'sync.progress.>', are heard as they come.

When NATS goes away this waits for it and goes on behind the last event seen, so
that what is published meanwhile is shown, too.

Settings (environment variables), without which the demo of npm start is used:
  NATS_URL         nats://host:port
  NATS_CREDS_FILE  a user's seed, such as subscriber.nk (deploy/nats/README.md)
  NATS_CA_FILE     certificates in PEM that the server's is signed by
`

export interface SubscribeCommand {
  help: boolean
  pretty: boolean
  /** Read from the stream. No subject: all that it keeps. */
  kept: { subjects: string[]; from: 'now' | 'oldest' | { agoMs: number } } | null
  /** Heard as they come: nobody keeps them. */
  live: string[]
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const agoMsOf = (text: string): number => {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count === undefined)
    throw new UsageError(`--since ${text}: must be a number with s, m, h or d behind, such as 10m`)
  return Number(count) * (unitMs[unit] ?? 0)
}

/** @throws UsageError */
export const parseSubscribeLine = (args: readonly string[]): SubscribeCommand => {
  const {
    values: { since, all, ...values },
    positionals,
  } = readOptions(args, {
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      pretty: { type: 'boolean', default: false },
      since: { type: 'string' },
      all: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const wrong = positionals.find((text) => !isSubject(text))
  if (wrong !== undefined) throw new UsageError(`${JSON.stringify(wrong)} is no subject of NATS, such as 'activity.>'`)
  if (since !== undefined && all) throw new UsageError('--since and --all cannot both be')
  const from = all ? 'oldest' : since === undefined ? 'now' : { agoMs: agoMsOf(since) }
  const live = positionals.filter((subject) => !isKept(subject))
  if (live[0] !== undefined && from !== 'now')
    throw new UsageError(`'${live[0]}' is not kept, or not all of it, so there is nothing to begin with`)
  const subjects = positionals.filter(isKept)
  return { ...values, live, kept: positionals.length > 0 && subjects.length === 0 ? null : { subjects, from } }
}
