import type { NatsView } from '@slipstream/messaging'
import type { MongoView } from '@slipstream/persistence'
import type { Buckets } from '@slipstream/quota'
import type { KeyUse } from '@slipstream/vault'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../finding.ts'
import { judgeButton } from './button.ts'
import { type CapacityFacts, judgeCapacity } from './capacity.ts'
import { judgeClock, skewOf } from './clocks.ts'
import { judgeHosts } from './hosts.ts'
import { judgeKeys } from './keys.ts'
import { judgeMongo } from './mongo.ts'
import { judgeNats, type NatsFacts } from './nats.ts'
import { judgePublicUrl, type PublicUrlFacts } from './public-url.ts'
import { judgeSettings } from './settings.ts'
import { judgeApp } from './strava-app.ts'
import { judgeSubscription, type SubscriptionFacts } from './subscription.ts'
import { isOlder } from './version.ts'

const brief = (findings: readonly Finding[]) => findings.map(({ severity, code }) => `${severity} ${code}`)
const now = new Date('2026-11-26T12:00:00Z')
const after = (ms: number) => new Date(now.getTime() + ms)

const healthyMongo: MongoView = {
  version: '8.0.4',
  setName: 'slipstream',
  isWritable: true,
  time: { server: now, askedAt: now, answeredAt: now },
  majority: { healthy: 3, needed: 2 },
  journalsMajority: true,
  database: { isNew: false, pending: [], unknownSteps: [] },
}
const mongo = (changes: Partial<MongoView>) => judgeMongo({ kind: 'view', view: { ...healthyMongo, ...changes } })
const mongoAway = (direct: { setName: string | null; isWritable: boolean } | null) =>
  judgeMongo({ kind: 'away', reason: 'timed out', direct })
const pending = (isBreaking: boolean) => ({
  database: { isNew: false, unknownSteps: [], pending: [{ what: 'create index links.status', isBreaking }] },
})

const healthyNats: NatsView = {
  version: '2.12.0',
  connectMs: 1,
  hasJetStream: true,
  parts: [{ kind: 'stream', name: 'EVENTS', state: 'as_declared' }],
}
const nats = (
  changes: Partial<NatsView>,
  syncInterval: Extract<NatsFacts, { kind: 'view' }>['syncInterval'] = { kind: 'always' },
) => judgeNats({ kind: 'view', view: { ...healthyNats, ...changes }, syncInterval })

const bucket = (limit: number, used = 0) => ({ limit, used, windowStart: now })
const buckets = (limit15m: number, usedOfDay = 0): Buckets => ({
  overall15m: bucket(limit15m),
  overallDay: bucket(limit15m * 10),
  read15m: bucket(limit15m / 2),
  readDay: bucket(limit15m * 5, usedOfDay),
})
const capacity = (changes: Partial<CapacityFacts>) =>
  judgeCapacity({ buckets: buckets(200), slots: { linked: 0, owed: 0 }, athleteLimit: 1, isStrava: true, ...changes })

const address = (changes: Partial<PublicUrlFacts>) =>
  judgePublicUrl({
    ...{ publicUrl: 'https://train.example', isStrava: true, reach: { kind: 'gateway' }, callback: 'taken' },
    ...changes,
  })

const looked: Extract<SubscriptionFacts, { kind: 'looked' }> = {
  kind: 'looked',
  found: { subscriptionId: '7', callbackUrl: 'https://train.example/webhooks/strava/secret-path' },
  publicUrl: 'https://train.example',
  callbackUrl: 'https://train.example/webhooks/strava/secret-path',
  knownId: '7',
}
const postsTo = (callbackUrl: string) => judgeSubscription({ ...looked, found: { subscriptionId: '7', callbackUrl } })

const key = (changes: Partial<KeyUse>) =>
  judgeKeys([{ kid: 'k1', role: 'primary', sealed: 3, opens: true, ...changes }])

const clock = (aheadMs: number, { widthMs = 0, roundTripMs = 0 } = {}) => ({
  whose: 'Strava' as const,
  earliest: after(aheadMs),
  latest: after(aheadMs + widthMs),
  askedAt: now,
  answeredAt: after(roundTripMs),
})

const strava = 'https://www.strava.com/api/v3'
const at = (time: string) => new Date(`${time}Z`)

describe('what the doctor makes of what it sees', () => {
  test.each<[string, Finding[], string[]]>([
    ['settings that are all right', judgeSettings([]), []],
    ['two wrong settings', judgeSettings(['A: is required', 'B: must be']), Array(2).fill('error setting_invalid')],
    ['one that two readers tell', judgeSettings(['A: is required', 'A: is required']), ['error setting_invalid']],

    ['a healthy MongoDB', mongo({}), []],
    ['no answer at all', mongoAway(null), ['error mongodb_unreachable']],
    [
      'a single server where a set is named',
      mongoAway({ setName: null, isWritable: true }),
      ['error mongodb_no_replica_set'],
    ],
    ['a set without a primary', mongoAway({ setName: 'rs', isWritable: false }), ['error mongodb_no_primary']],
    ['a single server', mongo({ setName: null }), ['error mongodb_no_replica_set']],
    ['too few members', mongo({ majority: { healthy: 1, needed: 2 } }), ['error mongodb_no_majority']],
    ['no journal for a majority', mongo({ journalsMajority: false }), ['warning mongodb_majority_without_journal']],
    ['a user who may not ask', mongo({ majority: null }), ['info mongodb_set_not_checkable']],
    ['a missing index', mongo(pending(false)), ['warning mongodb_index_missing']],
    ['a breaking change', mongo(pending(true)), ['error mongodb_migration_needed']],
    ['an empty database', mongo({ database: { ...pending(true).database, isNew: true } }), ['info mongodb_empty']],
    [
      'a step of a later release',
      mongo({ database: { ...healthyMongo.database, unknownSteps: ['2027-01-01-x'] } }),
      ['warning mongodb_newer_release'],
    ],
    ['an old MongoDB', mongo({ version: '5.0.31' }), ['error mongodb_too_old']],

    ['a healthy NATS', nats({}), []],
    ['no NATS', judgeNats({ kind: 'away', reason: 'timeout' }), ['error nats_unreachable']],
    ['a wrong password', judgeNats({ kind: 'refused', reason: 'x' }), ['error nats_access_refused']],
    ['an old NATS', nats({ version: '2.9.10' }), ['error nats_too_old']],
    ['no JetStream', nats({ hasJetStream: false, parts: [] }), ['error nats_without_jetstream']],
    [
      'missing parts, told in one',
      nats({
        parts: [
          { kind: 'stream', name: 'SYNC', state: 'missing' },
          { kind: 'consumer', name: 'gateway', state: 'missing' },
        ],
      }),
      ['error nats_part_missing'],
    ],
    [
      'a changed consumer',
      nats({ parts: [{ kind: 'consumer', name: 'gateway', state: 'different', fields: ['ack_wait'] }] }),
      ['warning nats_part_changed'],
    ],
    [
      'a stream that acknowledges too soon',
      nats({ parts: [{ kind: 'stream', name: 'SYNC', state: 'different', fields: ['persist_mode'] }] }),
      ['error nats_part_changed'],
    ],
    [
      'a user who may not look',
      nats({ parts: [{ kind: 'stream', name: 'SYNC', state: 'refused' }] }),
      ['warning nats_permission_missing'],
    ],
    ['a sync interval of two minutes', nats({}, { kind: 'every', ms: 120_000 }), ['warning nats_sync_interval']],
    [
      'a sync interval nobody tells',
      nats({}, { kind: 'unknown', isAddressSet: false }),
      ['info nats_sync_interval_not_checkable'],
    ],

    ['an app that works', judgeApp({ answer: 'ok', stops: [] }), []],
    ['an app switched off', judgeApp({ answer: 'app_inactive', stops: [] }), ['error strava_app_inactive']],
    [
      'an app switched off, as the ledger knows',
      judgeApp({ answer: 'app_inactive', stops: [{ name: 'app', trouble: 'inactive', since: now }] }),
      ['error strava_app_inactive'],
    ],
    [
      'a wrong secret',
      judgeApp({ answer: 'client_credentials_invalid', stops: [] }),
      ['error strava_credentials_refused'],
    ],
    ['no Strava', judgeApp({ answer: 'network', stops: [] }), ['error strava_unreachable']],
    ['a maintenance page', judgeApp({ answer: 'transient', stops: [] }), ['warning strava_answer_unexpected']],
    [
      'a closed endpoint',
      judgeApp({ answer: 'ok', stops: [{ name: 'activities', trouble: 'endpoint', since: now }] }),
      ['error strava_endpoint_closed'],
    ],
    [
      'an open breaker',
      judgeApp({ answer: 'ok', stops: [{ name: 'activities', trouble: 'unanswered', since: now }] }),
      ['warning strava_calls_stopped'],
    ],

    ['room for athletes and calls', capacity({}), []],
    ['a full app', capacity({ slots: { linked: 1, owed: 0 } }), ['warning slots_full']],
    [
      'one that is full of grants still to be revoked',
      capacity({ slots: { linked: 0, owed: 1 } }),
      ['warning slots_full'],
    ],
    ['more athletes than the tier has', capacity({ athleteLimit: 10 }), ['warning athlete_limit_above_tier']],
    ['the same in an upgraded app', capacity({ athleteLimit: 10, buckets: buckets(400) }), []],
    ['the same before a limit is known', capacity({ athleteLimit: 10, buckets: null }), []],
    ['no limit', capacity({ athleteLimit: null }), ['info athlete_limit_not_set']],
    ['a spent day', capacity({ buckets: buckets(200, 1_000) }), ['warning quota_day_spent']],

    ['the API now', judgeHosts(strava, now), ['info strava_host_changes_later']],
    ['the old address in spring', judgeHosts(strava, at('2027-02-01T00:00:00')), ['info strava_host_ends']],
    ['the old address in May', judgeHosts(strava, at('2027-05-01T00:00:00')), ['warning strava_host_ends']],
    ['the old address after its end', judgeHosts(strava, at('2027-06-01T00:00:00')), ['error strava_host_ended']],
    ['the new address too early', judgeHosts('https://api-v3.strava.com', now), ['error strava_host_too_early']],
    ['the new address', judgeHosts('https://api-v3.strava.com', at('2027-01-04T00:00:00')), []],
    [
      'the new address with the old path',
      judgeHosts('https://api-v3.strava.com/api/v3', at('2027-07-01T00:00:00')),
      ['error strava_host_unknown'],
    ],
    ['another host of Strava', judgeHosts('https://www.api-v3.strava.com', now), ['error strava_host_unknown']],
    ['the old address without its path', judgeHosts('https://www.strava.com', now), ['error strava_host_unknown']],
    ['a simulator', judgeHosts('http://localhost:4400/api/v3', now), ['info strava_simulated']],

    ['a good address', address({}), []],
    ['no address', address({ publicUrl: null, reach: null, callback: null }), ['error public_url_missing']],
    ['this machine, for Strava', address({ publicUrl: 'http://localhost:3000' }), ['warning public_url_local']],
    ['this machine, in a demo', address({ publicUrl: 'http://localhost:3000', isStrava: false }), []],
    ['no TLS', address({ publicUrl: 'http://train.example' }), ['error public_url_not_https']],
    ['nothing there', address({ reach: { kind: 'away', reason: 'refused' } }), ['warning public_url_unreachable']],
    ['something else there', address({ reach: { kind: 'other' } }), ['error public_url_foreign']],
    ['another callback domain', address({ callback: 'redirect_uri_refused' }), ['error callback_domain_refused']],
    ['an unknown app', address({ callback: 'client_refused' }), ['error strava_client_unknown']],

    ['the own subscription', judgeSubscription(looked), []],
    ['none', judgeSubscription({ ...looked, found: null }), ['error subscription_missing']],
    [
      'one the gateway does not know',
      judgeSubscription({ ...looked, knownId: null }),
      ['warning subscription_unknown'],
    ],
    ['one of before', postsTo('https://train.example/webhooks/strava/old'), ['warning subscription_old_address']],
    ["another installation's", postsTo('https://other.example/hook/secret-path'), ['error subscription_foreign']],
    [
      'no secrets for webhooks',
      judgeSubscription({ kind: 'not_set_up', missing: ['STRAVA_WEBHOOK_PATH_SECRET'] }),
      ['warning webhooks_not_set_up'],
    ],
    ['no https', judgeSubscription({ kind: 'needs_https' }), ['warning webhooks_need_https']],

    ['a key in use', key({}), []],
    ['a missing key', key({ role: 'missing', opens: false }), ['error token_key_missing']],
    ['another key under the name', key({ opens: false }), ['error token_key_wrong']],
    ['an older key in use', key({ role: 'older' }), []],
    ['an older key without use', key({ role: 'older', sealed: 0, opens: null }), ['info token_key_unused']],
    ['a new primary key', key({ sealed: 0, opens: null }), []],

    ['clocks that agree', judgeClock(clock(0)), []],
    ['clocks 4 s apart', judgeClock(clock(4_000)), []],
    ['clocks 10 s apart', judgeClock(clock(10_000)), ['warning clock_skew']],
    ['clocks two minutes apart', judgeClock(clock(-120_000)), ['error clock_skew']],

    ['no button for Strava', judgeButton({ image: null, isStrava: true }), ['warning strava_button_missing']],
    ['no button in a demo', judgeButton({ image: null, isStrava: false }), ['info strava_button_missing']],
    ['a button', judgeButton({ image: 'button.svg', isStrava: true }), []],
  ])('%s', (_what, findings, expected) => {
    expect(brief(findings)).toEqual(expected)
  })

  test('shows nothing of a webhook address but its origin', () => {
    expect(JSON.stringify(postsTo('https://other.example/hook/secret-path'))).not.toContain('secret-path')
  })
})

test('nobody is sent to an address that is not there yet, or not any more', () => {
  const fixOn = (day: string) => judgeHosts('https://strava.com/api/v3', new Date(day))[0]?.fix
  expect(fixOn('2026-11-26')).toMatch(/^Set STRAVA_API_BASE_URL back to https:\/\/www\.strava\.com\/api\/v3 /)
  expect(fixOn('2027-01-04')).toMatch(/^Set STRAVA_API_BASE_URL to https:\/\/api-v3\.strava\.com /)
})

test('a skew counts only as far as the answer proves it', () => {
  expect(skewOf(clock(500, { widthMs: 1_000 }))).toBe(500)
  expect(skewOf(clock(-500, { widthMs: 1_000 }))).toBe(0)
  expect(skewOf(clock(-3_000, { widthMs: 1_000 }))).toBe(-2_000)
  expect(skewOf(clock(800, { widthMs: 1_000, roundTripMs: 1_000 }))).toBe(0)
})

test('versions are compared by number', () => {
  expect(isOlder('2.9.10', '2.12.0')).toBe(true)
  expect(isOlder('2.12.0-rc.1', '2.12.0')).toBe(false)
  expect(isOlder('10.0.0', '6.0.0')).toBe(false)
})
