import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
} from '@nats-io/transport-node'

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
  return credentials.includes('NATS USER JWT') ? credsAuthenticator(bytes) : nkeyAuthenticator(bytes)
}

/** The client reads no user from an address, so it is passed apart. */
const optionsOf = ({ servers, credentials, inboxPrefix, ca }: NatsServers): NodeConnectionOptions => {
  const urls = [servers].flat().map((one) => new URL(one))
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
