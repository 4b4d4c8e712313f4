import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
} from '@nats-io/transport-node'
import type { Secret } from '@slipstream/runtime'
import type { Logger } from '@slipstream/telemetry'
import { inboxPrefixOf } from './topology.ts'

export interface NatsServers {
  /** `nats://host:port`, with `user:password@` where the server asks for it; `tls:` insists on TLS. Several with commas between. */
  url: string
  /** Text of a credentials file (JWT and seed), or the seed of an nkey, in place of user and password. */
  creds?: Secret | null
  /** Certificates in PEM of those whose signature on a server's is trusted. Absent: those of the system. Insists on TLS. */
  ca?: string | null
}

const authenticatorOf = (creds: Secret): Authenticator => {
  const text = creds.reveal()
  const bytes = (value: string) => new TextEncoder().encode(value)
  return text.includes('NATS USER JWT') ? credsAuthenticator(bytes(text)) : nkeyAuthenticator(bytes(text.trim()))
}

/** The client reads no user from the address, so it is passed apart; the address alone is what gets logged. */
const serverOptions = ({ url, creds, ca }: NatsServers): NodeConnectionOptions => {
  const urls = url.split(',').map((one) => new URL(one))
  const named = urls.find(({ username }) => username)
  const isTls = Boolean(ca) || urls.some(({ protocol }) => protocol === 'tls:')
  return {
    servers: urls.map(({ host }) => host),
    ...(named && { user: decodeURIComponent(named.username), pass: decodeURIComponent(named.password) }),
    ...(creds && { authenticator: authenticatorOf(creds) }),
    ...(isTls && { tls: ca ? { ca } : {} }),
  }
}

/** How a server is noticed that answers no more while its connection stays open, frozen or behind a network that drops all. */
export interface Heartbeat {
  pingIntervalMs: number
  /** So many pings may be without an answer; at the next one the connection is given up. */
  maxPingsOut: number
}

/** Noticed 20 to 30 s after the server's last answer. */
export const usualHeartbeat: Heartbeat = { pingIntervalMs: 10_000, maxPingsOut: 2 }

/**
 * Connects once. A connection that stands is kept for ever: the defaults would give up 20 s after the server died,
 * notice a dead peer only after minutes and stop at the second refused password.
 */
export const openConnection = async (
  servers: NatsServers,
  { name, inboxPrefix, heartbeat }: { name: string; inboxPrefix: string; heartbeat: Heartbeat },
): Promise<NatsConnection> =>
  await connect({
    ...serverOptions(servers),
    name,
    inboxPrefix,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: heartbeat.pingIntervalMs,
    maxPingOut: heartbeat.maxPingsOut,
    ignoreAuthErrorAbort: true,
  })

/** For a look or one piece of work: tried once, and not again when it breaks. */
export const openForOnce = async (
  servers: NatsServers,
  { name, limitMs }: { name: string; limitMs: number },
): Promise<NatsConnection> =>
  await connect({
    ...serverOptions(servers),
    name,
    inboxPrefix: inboxPrefixOf('operator'),
    timeout: limitMs,
    reconnect: false,
    ignoreAuthErrorAbort: true,
  })

export interface ConnectionWatch {
  connected(): boolean
}

/** Follows a connection through its outages; `onReconnected` runs after each, `onChange` at every change. */
export const watchConnection = (
  connection: NatsConnection,
  options: { log: Logger; onReconnected(): void; onChange(connected: boolean): void },
): ConnectionWatch => {
  const { log, onReconnected, onChange } = options
  let connected = true
  const change = (value: boolean) => {
    connected = value
    onChange(value)
  }
  const lost = () => {
    if (!connected) return
    log.warn({ server: connection.getServer() }, 'NATS is gone, reconnecting')
    change(false)
  }
  const follow = async () => {
    for await (const status of connection.status()) {
      // A stale connection may end long after it was given up: what was sent last has to leave first.
      if (status.type === 'disconnect' || status.type === 'staleConnection') lost()
      else if (status.type === 'reconnect') {
        log.info({ server: status.server }, 'NATS is back')
        change(true)
        onReconnected()
      } else if (status.type === 'error') log.error({ err: status.error }, 'NATS refused something')
      else if (status.type === 'slowConsumer') log.warn('a subscription is slower than its messages')
    }
  }
  onChange(true)
  void follow()
  return { connected: () => connected }
}

/** A connection that closes for good without having been asked to leaves nothing to do but start afresh. */
export const exitWhenClosed = async (
  connection: NatsConnection,
  options: { log: Logger; wasAsked(): boolean; exit(code: number): void },
): Promise<void> => {
  const error = await connection.closed()
  if (options.wasAsked()) return
  options.log.fatal({ err: error }, 'the connection to NATS is closed for good')
  options.exit(1)
}
