import { connect, errors, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeNatsAuth } from '../src/index.ts'

const auth = makeNatsAuth({}, ['training-plans', 'newsletter'])
type User = keyof typeof auth.credentials
let nats: TestNats

const connectAs = (user: User): Promise<NatsConnection> =>
  connect({
    servers: nats.url,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(auth.credentials[user].trim())),
    reconnect: false,
  })

beforeAll(async () => {
  nats = await startTestNats({ config: auth.serverConfig })
})
afterAll(() => nats.remove())

/** Whether the server lets this user do it: what it refuses it says before it answers a flush. */
const isAllowed = async (user: User, action: 'publishes' | 'hears', subject: string): Promise<boolean> => {
  const connection = await connectAs(user)
  const statuses = connection.status()
  if (action === 'publishes') connection.publish(subject)
  else connection.subscribe(subject, { callback: () => {} })
  await connection.flush()
  await connection.close()
  for await (const status of statuses)
    if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) return false
  return true
}

const cases: readonly (readonly [User, 'publishes' | 'hears', string, 'allowed' | 'refused'])[] = [
  // The gateway tells what people do and what Strava notifies of, and hears what became of it.
  ['gateway', 'publishes', 'athlete.linked.ath_1', 'allowed'],
  ['gateway', 'publishes', 'athlete.unlinked.ath_1', 'allowed'],
  ['gateway', 'publishes', 'sync.triggered.ath_1', 'allowed'],
  ['gateway', 'publishes', 'strava.notified.ath_1', 'allowed'],
  ['gateway', 'hears', 'sync.progress.ath_1', 'allowed'],
  ['gateway', 'publishes', '$JS.API.STREAM.CREATE.EVENTS', 'allowed'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.gateway', 'allowed'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.gateway', 'allowed'],
  ['gateway', 'publishes', '$JS.ACK.EVENTS.gateway.1.1.1.1.1', 'allowed'],
  ['gateway', 'publishes', '$JS.ACK._.hash.EVENTS.gateway.1.1.1.1.1', 'allowed'],
  // Server-sent events: consumers of its own on EVENTS.
  ['gateway', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS', 'allowed'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.oc_1', 'allowed'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.oc_1', 'allowed'],
  // It can neither ask for a sync nor take one.
  ['gateway', 'publishes', 'sync.requested.interactive.ath_1', 'refused'],
  ['gateway', 'hears', 'sync.requested.>', 'refused'],
  ['gateway', 'hears', 'sync.>', 'refused'],
  ['gateway', 'hears', '>', 'refused'],
  ['gateway', 'hears', '_INBOX.>', 'refused'],
  ['gateway', 'hears', '_INBOX_ingestion.>', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.CREATE.SYNC', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.CREATE.SYNC.mine', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.SYNC.ingestion-interactive', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.SYNC.ingestion-interactive', 'refused'],
  ['gateway', 'publishes', '$JS.API.STREAM.MSG.GET.SYNC', 'refused'],
  ['gateway', 'publishes', '$JS.API.DIRECT.GET.SYNC', 'refused'],
  ['gateway', 'publishes', '$JS.ACK.SYNC.ingestion-interactive.1.1.1.1.1', 'refused'],
  // A stream that may be changed could be made to copy another; one that may be made could take others' subjects.
  ['gateway', 'publishes', '$JS.API.STREAM.UPDATE.EVENTS', 'refused'],
  ['gateway', 'publishes', '$JS.API.STREAM.CREATE.MINE', 'refused'],
  ['gateway', 'publishes', '$JS.API.STREAM.CREATE.SYNC', 'refused'],
  ['gateway', 'publishes', 'activity.ingested.ath_1', 'refused'],
  ['gateway', 'publishes', 'athlete.erased.ath_1', 'refused'],
  ['gateway', 'publishes', 'athlete.reauth_required.ath_1', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.scheduler', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.gateway', 'refused'],
  ['gateway', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'refused'],
  ['gateway', 'publishes', '$JS.API.STREAM.DELETE.EVENTS', 'refused'],

  // The scheduler decides who is synced, keeps the streams, and looks after what was given up.
  ['scheduler', 'publishes', 'sync.requested.realtime.ath_1', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.STREAM.UPDATE.SYNC', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.STREAM.UPDATE.EVENTS', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.STREAM.UPDATE.ADVISORIES', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler-webhooks', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.ADVISORIES.stuck-messages', 'allowed'],
  ['scheduler', 'publishes', '$JS.API.STREAM.MSG.DELETE.SYNC', 'allowed'],
  ['scheduler', 'publishes', 'activity.ingested.ath_1', 'refused'],
  ['scheduler', 'publishes', 'activity.deleted.ath_1', 'refused'],
  ['scheduler', 'publishes', 'athlete.linked.ath_1', 'refused'],
  ['scheduler', 'publishes', 'sync.triggered.ath_1', 'refused'],
  ['scheduler', 'publishes', 'sync.finished.ath_1', 'refused'],
  ['scheduler', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.SYNC.ingestion-realtime', 'refused'],
  ['scheduler', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.gateway', 'refused'],
  ['scheduler', 'publishes', '$JS.API.STREAM.MSG.DELETE.EVENTS', 'refused'],
  ['scheduler', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'refused'],
  ['scheduler', 'publishes', '$JS.API.STREAM.DELETE.SYNC', 'refused'],
  ['scheduler', 'hears', '_INBOX_gateway.>', 'refused'],

  // Ingestion takes what is asked for, wakes itself for the next page, and tells what it found.
  ['ingestion', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.SYNC.ingestion-interactive', 'allowed'],
  ['ingestion', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.SYNC.ingestion-backfill', 'allowed'],
  ['ingestion', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.ingestion-erasure', 'allowed'],
  ['ingestion', 'publishes', 'sync.requested.interactive.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'sync.progress.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'sync.finished.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'activity.ingested.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'activity.deleted.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'athlete.erased.ath_1', 'allowed'],
  ['ingestion', 'publishes', 'athlete.reauth_required.ath_1', 'allowed'],
  ['ingestion', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'allowed'],
  ['ingestion', 'publishes', 'athlete.linked.ath_1', 'refused'],
  ['ingestion', 'publishes', 'athlete.unlinked.ath_1', 'refused'],
  ['ingestion', 'publishes', 'sync.triggered.ath_1', 'refused'],
  ['ingestion', 'publishes', 'strava.notified.ath_1', 'refused'],
  ['ingestion', 'publishes', '$JS.API.STREAM.PURGE.SYNC', 'refused'],
  ['ingestion', 'publishes', '$JS.API.STREAM.UPDATE.SYNC', 'refused'],
  ['ingestion', 'publishes', '$JS.API.STREAM.MSG.GET.SYNC', 'refused'],
  ['ingestion', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler', 'refused'],
  ['ingestion', 'hears', '_INBOX_scheduler.>', 'refused'],

  // A service of the host reads EVENTS, by consumers of its own, and changes nothing.
  ['subscriber', 'hears', 'activity.ingested.>', 'allowed'],
  ['subscriber', 'hears', 'athlete.>', 'allowed'],
  ['subscriber', 'hears', '_INBOX.>', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.INFO', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.STREAM.INFO.EVENTS', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.reports.activity.ingested.>', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.reports', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.reports', 'allowed'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.reports', 'allowed'],
  ['subscriber', 'publishes', '$JS.ACK.EVENTS.reports.1.1.1.1.1', 'allowed'],
  ['subscriber', 'publishes', 'activity.ingested.ath_1', 'refused'],
  ['subscriber', 'publishes', 'athlete.unlinked.ath_1', 'refused'],
  ['subscriber', 'publishes', 'sync.requested.interactive.ath_1', 'refused'],
  ['subscriber', 'hears', 'sync.requested.>', 'refused'],
  ['subscriber', 'hears', 'sync.progress.>', 'refused'],
  ['subscriber', 'hears', '>', 'refused'],
  ['subscriber', 'hears', '_INBOX_ingestion.>', 'refused'],
  ['subscriber', 'hears', '$JS.EVENT.ADVISORY.>', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.MSG.GET.SYNC', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.SYNC.reports', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.ADVISORIES.reports', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.scheduler', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.gateway.athlete.>', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.gateway', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.ingestion-erasure', 'refused'],
  ['subscriber', 'publishes', '$JS.ACK.EVENTS.scheduler.1.1.1.1.1', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.MSG.DELETE.EVENTS', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.DELETE.EVENTS', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.UPDATE.EVENTS', 'refused'],
  ['subscriber', 'publishes', '$JS.API.STREAM.CREATE.MINE', 'refused'],

  // One with a user of its own has its durable and one for replays, which no other subscriber and no service can touch.
  ['training-plans', 'hears', 'activity.ingested.>', 'allowed'],
  ['training-plans', 'hears', '_INBOX_training-plans.>', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.INFO', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.STREAM.INFO.EVENTS', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.INFO.EVENTS.training-plans', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.training-plans.activity.>', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.training-plans', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.training-plans', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.training-plans', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.training-plans-replay', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.training-plans-replay', 'allowed'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.training-plans-replay', 'allowed'],
  ['training-plans', 'publishes', '$JS.ACK.EVENTS.training-plans.1.1.1.1.1', 'allowed'],
  ['training-plans', 'publishes', '$JS.ACK._.hash.EVENTS.training-plans.1.1.1.1.1', 'allowed'],
  ['training-plans', 'hears', '_INBOX.>', 'refused'],
  ['training-plans', 'hears', '_INBOX_newsletter.>', 'refused'],
  ['training-plans', 'hears', 'sync.requested.>', 'refused'],
  ['training-plans', 'publishes', 'activity.ingested.ath_1', 'refused'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS', 'refused'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.NAMES.EVENTS', 'refused'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.LIST.EVENTS', 'refused'],
  ['training-plans', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.other', 'refused'],
  ['training-plans', 'publishes', '$JS.API.STREAM.MSG.GET.SYNC', 'refused'],
  ['training-plans', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'refused'],
  ...(['newsletter', 'newsletter-replay', 'scheduler'] as const).flatMap((name) =>
    [
      `$JS.API.CONSUMER.INFO.EVENTS.${name}`,
      `$JS.API.CONSUMER.CREATE.EVENTS.${name}`,
      `$JS.API.CONSUMER.CREATE.EVENTS.${name}.activity.>`,
      `$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.${name}`,
      `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${name}`,
      `$JS.API.CONSUMER.DELETE.EVENTS.${name}`,
      `$JS.ACK.EVENTS.${name}.1.1.1.1.1`,
      `$JS.ACK._.hash.EVENTS.${name}.1.1.1.1.1`,
    ].map((subject) => ['training-plans', 'publishes', subject, 'refused'] as const),
  ),
  ['subscriber', 'hears', '_INBOX_training-plans.>', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.INFO.EVENTS.training-plans', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.training-plans.activity.>', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.training-plans-replay', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.training-plans', 'refused'],
  ['subscriber', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.training-plans', 'refused'],
  ['subscriber', 'publishes', '$JS.ACK.EVENTS.training-plans.1.1.1.1.1', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.training-plans', 'refused'],
  ['gateway', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.training-plans-replay', 'refused'],
  // One that is used no more has to go.
  ['operator', 'publishes', '$JS.API.CONSUMER.DELETE.EVENTS.training-plans', 'allowed'],

  // The operator sees all, and tells again what a consumer gave up.
  ['operator', 'publishes', '$JS.API.STREAM.LIST', 'allowed'],
  ['operator', 'publishes', '$JS.API.STREAM.INFO.SYNC', 'allowed'],
  ['operator', 'publishes', '$JS.API.CONSUMER.LIST.SYNC', 'allowed'],
  ['operator', 'publishes', '$JS.API.STREAM.MSG.GET.SYNC', 'allowed'],
  ['operator', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS.replay.activity.>', 'allowed'],
  ['operator', 'publishes', '$JS.API.CONSUMER.CREATE.EVENTS', 'refused'],
  ['operator', 'hears', 'sync.>', 'allowed'],
  ['operator', 'hears', '$JS.EVENT.ADVISORY.>', 'allowed'],
  ['operator', 'publishes', 'athlete.linked.ath_1', 'allowed'],
  ['operator', 'publishes', 'sync.requested.scheduled.ath_1', 'allowed'],
  ['operator', 'publishes', 'strava.notified.ath_1', 'allowed'],
  ['operator', 'publishes', 'activity.ingested.ath_1', 'refused'],
  ['operator', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.SYNC.ingestion-interactive', 'refused'],
  ['operator', 'publishes', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.scheduler', 'refused'],
  ['operator', 'publishes', '$JS.API.STREAM.PURGE.EVENTS', 'refused'],
  ['operator', 'publishes', '$JS.API.STREAM.DELETE.SYNC', 'refused'],
  ['operator', 'hears', '_INBOX_gateway.>', 'refused'],
]

test.each(cases)('%s %s %s: %s', async (user, action, subject, expected) => {
  expect((await isAllowed(user, action, subject)) ? 'allowed' : 'refused').toBe(expected)
})

test('nobody gets in without a key, or with one that the server does not know', async () => {
  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization violation/i)
  const { credentials } = makeNatsAuth()
  const stranger = nkeyAuthenticator(new TextEncoder().encode(credentials.operator.trim()))
  await expect(connect({ servers: nats.url, authenticator: stranger, reconnect: false })).rejects.toThrow(
    /authorization violation/i,
  )
})
