import { once } from 'node:events'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeEvent, type EventReader, type FollowStart, isRefusal, openEventReader } from '@slipstream/messaging'
import { ConfigError, type Environment, readConfig } from '@slipstream/runtime'
import pc from 'picocolors'
import { z } from 'zod'
import { UsageError } from '../command-line.ts'
import { natsServersOf, natsSettings } from '../demo/nats-settings.ts'
import { NotRunningError, systemSettings } from '../demo/running-demo.ts'
import { help, parseSubscribeLine, type SubscribeCommand } from './command-line.ts'
import { formatEvent } from './format-event.ts'
import { prettyLine } from './pretty-line.ts'
import { covers } from './subjects.ts'

type Colors = ReturnType<typeof pc.createColors>

/** Any message of NATS, stored or not. */
interface Message {
  subject: string
  headers?: Parameters<typeof decodeEvent>[0]['headers']
  data: Uint8Array
}

/** An event of another version, or none of ours, is shown as it is. */
const lineOf = (message: Message, { pretty }: Pick<SubscribeCommand, 'pretty'>, colors: Colors): string => {
  const now = new Date()
  if (pretty) {
    try {
      return prettyLine(decodeEvent(message), { now, colors })
    } catch {}
  }
  return formatEvent(message.subject, message.headers, new TextDecoder().decode(message.data), now)
}

const tell = (text: string) => process.stderr.write(`${text}\n`)

/** Says when the server goes away and comes back, and what becomes of the events of that time. */
const followConnection = async (connection: NatsConnection, isReplayed: boolean): Promise<void> => {
  let lostAt: number | null = null
  for await (const { type } of connection.status()) {
    if ((type === 'disconnect' || type === 'staleConnection') && lostAt === null) {
      lostAt = Date.now()
      tell(`connection lost: trying again until NATS is back; Ctrl-C ends`)
    } else if (type === 'reconnect' && lostAt !== null) {
      const seconds = ((Date.now() - lostAt) / 1000).toFixed(1)
      const meanwhile = isReplayed ? 'what was published meanwhile follows' : 'what was published meanwhile is missed'
      tell(`connection back after ${seconds} s: ${meanwhile}`)
      lostAt = null
    }
  }
}

type Kept = NonNullable<SubscribeCommand['kept']>

const startOf = async (reader: EventReader, from: Kept['from']): Promise<FollowStart> => {
  if (from === 'now') return { after: await reader.lastSequence() }
  return from === 'oldest' ? { after: 0 } : { since: new Date(Date.now() - from.agoMs) }
}

/** Several subjects ask for a consumer in a form that a subscriber may not use: then all is read and told apart here. */
const filterOf = ({ subjects }: Kept) => (subjects.length === 1 && subjects[0] ? { filter: subjects[0] } : {})
const isWanted = ({ subjects }: Kept, subject: string): boolean =>
  subjects.length === 0 || subjects.some((wanted) => covers(wanted, subject))

/** Rejects when NATS refuses one of them. */
const hear = (connection: NatsConnection, subjects: readonly string[], onMessage: (message: Message) => void) =>
  new Promise<never>((_, reject) => {
    for (const subject of subjects)
      connection.subscribe(subject, {
        callback: (error, message) => (error ? reject(error) : onMessage(message)),
      })
  })

const namesOf = ({ kept, live }: SubscribeCommand): string =>
  [...(kept?.subjects.length === 0 ? ['all events that are kept'] : (kept?.subjects ?? [])), ...live].join(', ')

const run = async (command: SubscribeCommand, env: Environment, signal: AbortSignal): Promise<void> => {
  const servers = natsServersOf(readConfig(z.object(natsSettings), await systemSettings(env, 'NATS_URL')))
  const log = {
    debug: () => {},
    info: () => {},
    warn: ({ err }: { err?: unknown }) => tell(`cannot read the events yet, trying on: ${(err as Error)?.message}`),
  }
  const reader = await openEventReader(servers, { name: 'slipstream subscribe', log })
  const { connection } = reader
  const { kept, live } = command
  const colors = pc.createColors(pc.isColorSupported && process.stdout.isTTY === true)
  const onMessage = (message: Message) => process.stdout.write(`${lineOf(message, command, colors)}\n`)
  try {
    const from = kept && (await startOf(reader, kept.from))
    const heard = hear(connection, live, onMessage)
    await Promise.race([heard, connection.flush()])
    void followConnection(connection, kept !== null)
    tell(`listening to ${namesOf(command)}; Ctrl-C ends`)
    const following =
      kept &&
      from &&
      reader.follow({
        ...filterOf(kept),
        from,
        onMessage: (message) => isWanted(kept, message.subject) && onMessage(message),
        isFinal: isRefusal,
        signal,
      })
    await Promise.race([heard, following ?? once(signal, 'abort')])
  } finally {
    await connection.close()
  }
}

const explain = (error: unknown): string => {
  if (isRefusal(error)) return `NATS does not let this user read there: ${(error as Error).message}`
  if ([UsageError, ConfigError, NotRunningError].some((kind) => error instanceof kind)) return (error as Error).message
  return error instanceof Error ? `NATS: ${error.message}` : String(error)
}

/** @returns the exit code: 2 for what was asked wrongly, 1 for what did not work */
export const main = async (args: readonly string[], env: Environment): Promise<number> => {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort())
  try {
    const command = parseSubscribeLine(args)
    if (command.help) process.stdout.write(help)
    else await run(command, env, ending.signal)
    return 0
  } catch (error) {
    if (ending.signal.aborted) return 0
    const see = error instanceof UsageError ? '. See: npm run subscribe -- --help' : ''
    tell(explain(error) + see)
    return error instanceof UsageError ? 2 : 1
  }
}
