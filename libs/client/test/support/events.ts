import { readFileSync } from 'node:fs'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { connectBus } from '@slipstream/messaging'
import { inboxPrefixOf } from '@slipstream/messaging/topology'
import { makeNatsAuth, type NatsUser } from '@slipstream/nats-auth'
import { Secret } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { type GoldenEvent, golden } from './golden.ts'

/** A server with the users of this release, the streams that the services make, and what a service of a host does there. */
export interface EventServer {
  nats: TestNats
  /** Seed of the user that services of the host share. */
  subscriberSeed: string
  /** Seed of a user of its own, `training-plans`. */
  ownSeed: string
  /** Streams and consumers, as another such service sees them. */
  manager: JetStreamManager
  /** Publishes as the service does whose event it is; whether it makes sense is not looked at. */
  tell(event: GoldenEvent): Promise<void>
  /** As ingestion does with what was told of an athlete who has unlinked. */
  purge(subject: string): Promise<void>
  /** Puts the streams back after the store was wiped. */
  makeStreams(): Promise<void>
  /** What the server refused to anybody. */
  refused(): string[]
  remove(): Promise<void>
}

export const startEventServer = async (): Promise<EventServer> => {
  const { serverConfig, credentials } = makeNatsAuth({}, ['training-plans'])
  const nats = await startTestNats({ config: serverConfig })
  const makeStreams = async () => {
    const creds = new Secret(credentials.ingestion)
    const bus = await connectBus({ url: nats.url, creds, source: 'ingestion', log: createLogger('test', 'silent') })
    await bus.close()
  }
  await makeStreams()
  const open = (user: NatsUser): Promise<NatsConnection> =>
    connect({
      servers: nats.url,
      authenticator: nkeyAuthenticator(new TextEncoder().encode(credentials[user].trim())),
      ...(user !== 'subscriber' && { inboxPrefix: inboxPrefixOf(user) }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    })
  const [gateway, ingestion, reader] = await Promise.all([open('gateway'), open('ingestion'), open('subscriber')])
  return {
    nats,
    subscriberSeed: credentials.subscriber,
    ownSeed: credentials['training-plans'],
    manager: await jetstreamManager(reader),
    makeStreams,
    tell: async (event) => {
      const head = headers()
      // The server would drop what it has seen under the same id; what is tested is what comes twice.
      for (const [name, value] of Object.entries(event.headers)) if (name !== 'Nats-Msg-Id') head.set(name, value)
      const teller = /^athlete\.(un)?linked\./.test(event.subject) ? gateway : ingestion
      await jetstream(teller).publish(event.subject, JSON.stringify(event.data), { headers: head })
    },
    purge: async (filter) => {
      const { streams } = await jetstreamManager(ingestion, { checkAPI: false })
      await streams.purge('EVENTS', { filter })
    },
    refused: () =>
      readFileSync(nats.logFile, 'utf8')
        .split('\n')
        .filter((line) => /violation/i.test(line)),
    remove: async () => {
      await Promise.all([gateway, ingestion, reader].map((connection) => connection.close()))
      await nats.remove()
    },
  }
}

/** A stored workout's event: which one, its version and its id. */
export const ingested = (
  workoutId: string,
  version: number,
  id: string,
  more: { athleteId?: string; time?: string } = {},
): GoldenEvent =>
  golden(version === 1 ? 'activity.ingested' : 'activity.updated', {
    headers: { 'ce-id': id, ...(more.time !== undefined && { 'ce-time': more.time }) },
    data: { workoutId, version, athleteId: more.athleteId ?? 'ath_1' },
  })
