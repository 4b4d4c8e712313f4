import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
} from '@nats-io/transport-node'
import { SubscribeError } from './subscribe-error.ts'

export interface NatsServers {
  /** `nats://host:4222`, with `user:password@` where the server asks for it; `tls://` insists on TLS. Several of one cluster as a list. */
  servers: string | readonly string[]
  /** The text of a credentials file (JWT and seed), or the seed of an nkey. */
  credentials?: string
  /** Where answers go, for a user that may not hear `_INBOX.>`: `_INBOX_<name>` for a subscriber with a user of its own. */
  inboxPrefix?: string
  /** Certificates in PEM that the server's is signed by; insists on TLS. */
  ca?: string
}

const authenticatorOf = (credentials: string): Authenticator => {
  const bytes = new TextEncoder().encode(credentials.trim())
  const authenticator = credentials.includes('NATS USER JWT') ? credsAuthenticator(bytes) : nkeyAuthenticator(bytes)
  try {
    authenticator('to see whether it can sign')
  } catch (cause) {
    const message = 'The credentials are neither the text of a credentials file nor the seed of an nkey.'
    throw new SubscribeError('invalid_credentials', message, { cause })
  }
  return authenticator
}

const readAddresses = (servers: string | readonly string[]): URL[] => {
  const texts = [servers].flat()
  const urls = texts
    .filter((text) => URL.canParse(text))
    .map((text) => new URL(text))
    .filter(({ host, protocol }) => host !== '' && /^(nats|tls):$/.test(protocol))
  if (urls.length > 0 && urls.length === texts.length) return urls
  // An address may hold a password: it is not shown.
  throw new SubscribeError('invalid_servers', 'Each address in `servers` reads nats://host:port or tls://host:port.')
}

/** The client reads no user from an address, so it is passed apart. */
const optionsOf = ({ servers, credentials, inboxPrefix, ca }: NatsServers): NodeConnectionOptions => {
  const urls = readAddresses(servers)
  const named = urls.find(({ username }) => username !== '')
  const isTls = ca !== undefined || urls.some(({ protocol }) => protocol === 'tls:')
  return {
    servers: urls.map(({ host }) => host),
    ...(named && { user: decodeURIComponent(named.username), pass: decodeURIComponent(named.password) }),
    ...(credentials !== undefined && { authenticator: authenticatorOf(credentials) }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(isTls && { tls: ca === undefined ? {} : { ca } }),
  }
}

/** Once it stands it is kept for ever; a server that answers no more is noticed within 30 s. */
export const openConnection = (servers: NatsServers, name: string): Promise<NatsConnection> =>
  connect({
    ...optionsOf(servers),
    name,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 10_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
  })
