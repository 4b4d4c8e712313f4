import { randomBytes } from 'node:crypto'
import { freePort } from '@slipstream/embedded'
import { createDeliveryLog } from '@slipstream/persistence'
import { systemClock } from '@slipstream/runtime'
import { afterAll, expect, test, vi } from 'vitest'
import { anna, linkOnWeb } from '../../../services/gateway/test/support/linking.ts'
import { startSystem } from '../../../services/gateway/test/support/system.ts'
import { runCli } from './support/run-cli.ts'

const secrets = {
  TOKEN_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token-of-this-test',
  STRAVA_WEBHOOK_PATH_SECRET: 'path-secret-of-this-test',
}
const system = await startSystem({ env: secrets })
const { store, strava } = system
const operatorToken = await system.issuer.mint('operator', { claims: { roles: ['slipstream:operator'] } })
const env = {
  ...secrets,
  MONGODB_URI: system.database.uri,
  NATS_URL: system.nats.url,
  PUBLIC_URL: system.url,
  STRAVA_CLIENT_ID: '12345',
  STRAVA_CLIENT_SECRET: 'simulator-secret',
  STRAVA_OAUTH_BASE_URL: strava.url,
  STRAVA_API_BASE_URL: `${strava.url}/api/v3`,
  STRAVA_ATHLETE_LIMIT: '10',
  SLIPSTREAM_OPERATOR_TOKEN: operatorToken,
}
const slipstream = (...args: string[]) => runCli(args, env)

afterAll(() => system.stop())

const athlete = await system.signIn('anna')
await linkOnWeb(system, athlete, { athlete: anna })
const link = (await store.collections.links.findOne({ stravaAthleteId: String(anna) }).lean())!

test('an athlete is shown by any of their ids, with why they are not complete, and no token', async () => {
  for (const id of [link.athleteId, link._id, String(anna)]) {
    const { code, json } = await slipstream('athletes', 'show', id, '--json')
    expect(code).toBe(0)
    expect(json()).toMatchObject({ athleteId: link.athleteId, linkId: link._id, status: 'active', grant: 'active' })
    expect(json().whyIncomplete).toEqual(['no scheduler has taken the link in yet'])
  }
  const unknown = await slipstream('athletes', 'show', 'ath_nobody')
  expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no link belongs to ath_nobody') })
})

test('quota, slots, keys and runs are tables for people and plain data for programs', async () => {
  const quota = await slipstream('quota')
  expect(quota.out).toMatch(/^bucket +used +limit +left +interactive/)
  expect(quota.out).toMatch(/^interactive +open$/m)
  const { buckets, lanes } = (await slipstream('quota', '--json')).json()
  expect(buckets.map(({ name }: { name: string }) => name)).toEqual(['overall15m', 'overallDay', 'read15m', 'readDay'])
  expect(lanes).toHaveLength(4)
  expect((await slipstream('slots', '--json')).json()).toEqual({ limit: 10, linked: 1, owed: 0, free: 9 })
  expect((await slipstream('keys', 'status', '--json')).json()).toEqual({
    // The grant, and the key of the account ids.
    keys: [{ kid: 'k1', role: 'primary', sealed: 2, opens: true }],
  })
  const other = await runCli(['keys', 'status'], { ...env, TOKEN_KEYS: `k2:${randomBytes(32).toString('base64')}` })
  expect(other.code).toBe(1)
  expect(other.out).toMatch(/k1 +missing +2 +UNUSABLE: not in TOKEN_KEYS/)
  expect((await slipstream('runs', link.athleteId)).out).toBe('no runs\n')
})

test('a dead letter is listed without its content, and replayed to where it came from, once', async () => {
  const deliveries = createDeliveryLog(store.collections, systemClock)
  const data = { athleteId: link.athleteId, linkId: link._id, runId: 'run_1', requestedAt: new Date().toISOString() }
  const headers = {
    'ce-id': 'evt_1',
    'ce-type': 'sync.triggered',
    'Nats-Msg-Id': 'evt_1',
    'ce-subject': link.athleteId,
  }
  await deliveries.keepDeadLetter({
    ...{ consumer: 'scheduler', eventId: 'evt_1', eventType: 'sync.triggered', reason: 'attempts_exhausted' },
    ...{ error: 'Error: on purpose', attempts: 5, headers, payload: JSON.stringify(data) },
    ...{ subject: `sync.triggered.${link.athleteId}`, athleteId: link.athleteId, linkId: link._id },
  })
  const listed = await slipstream('dead-letters', 'list', '--json')
  expect(listed.json().deadLetters).toMatchObject([
    { id: 'scheduler:evt_1', reason: 'attempts_exhausted', attempts: 5 },
  ])
  expect(listed.out).not.toContain('run_1')
  expect((await slipstream('dead-letters', 'show', 'scheduler:evt_1')).out).toContain('"runId":"run_1"')

  const elsewhere = { ...env, NATS_URL: `nats://127.0.0.1:${await freePort()}` }
  expect((await runCli(['dead-letters', 'replay', 'scheduler:evt_1'], elsewhere)).err).toBe(
    'NATS has not confirmed scheduler:evt_1, which stays a dead letter: connection refused\n',
  )

  const replayed = (await slipstream('dead-letters', 'replay', 'scheduler:evt_1', '--json')).json()
  expect(replayed).toMatchObject({ id: 'scheduler:evt_1', stream: 'EVENTS' })
  const { manager } = (await system.bus()).transport
  const message = await manager.streams.getMessage('EVENTS', { seq: replayed.sequence })
  expect(message).toMatchObject({ subject: `sync.triggered.${link.athleteId}` })
  expect(message?.json()).toEqual(data)
  expect(message?.header.get('ce-id')).toBe('evt_1')
  expect(await slipstream('dead-letters', 'replay', 'scheduler:evt_1')).toMatchObject({ code: 1, out: '' })
})

test('webhooks are checked, made where they are missing, and taken back from another installation if asked to', async () => {
  await vi.waitFor(async () => expect(await slipstream('webhooks', 'check')).toMatchObject({ code: 0 }))
  const subscriptions = `${strava.url}/api/v3/push_subscriptions`
  const application = { client_id: '12345', client_secret: 'simulator-secret' }
  const known = async () => (await store.collections.pushSubscription.findById('12345').lean())?.subscriptionId
  const remove = async () => {
    await fetch(`${subscriptions}/${await known()}?${new URLSearchParams(application)}`, { method: 'DELETE' })
  }
  await remove()
  expect(await slipstream('webhooks', 'check')).toMatchObject({ code: 1 })
  expect((await slipstream('webhooks', 'create', '--json')).json()).toEqual({ outcome: 'made' })
  expect((await slipstream('webhooks', 'repair', '--json')).json()).toEqual({ outcome: 'kept' })
  expect(await slipstream('webhooks', 'check')).toMatchObject({ code: 0 })

  const PUBLIC_URL = `http://127.0.0.1:${await freePort()}`
  const away = await runCli(['webhooks', 'create'], { ...env, PUBLIC_URL })
  expect(away).toMatchObject({ code: 1, err: expect.stringMatching(`^${PUBLIC_URL} does not answer: .+\n$`) })
})

test('an athlete is unlinked on behalf with a receipt; without the role nobody is', async () => {
  const path = `/api/v1/operator/athletes/${link.athleteId}/link`
  expect((await athlete.call('DELETE', path)).status).toBe(403)
  const byAthlete = await runCli(['athletes', 'unlink', link.athleteId], {
    ...env,
    SLIPSTREAM_OPERATOR_TOKEN: athlete.token,
  })
  expect(byAthlete).toMatchObject({ code: 1, err: expect.stringContaining('(forbidden)') })
  expect(byAthlete.err).not.toContain(athlete.token)
  expect(await store.collections.links.countDocuments()).toBe(1)

  const { code, json } = await slipstream('athletes', 'unlink', link.athleteId, '--json')
  expect(code).toBe(0)
  const { receiptId } = json()
  expect(await athlete.json('GET', `/api/v1/strava/receipts/${receiptId}`)).toMatchObject({ receiptId, reason: 'user' })
  expect(await store.collections.links.countDocuments()).toBe(0)
  await vi.waitFor(() =>
    expect(strava.control.athletes().find(({ account }) => account === 'anna')?.connected).toBe(false),
  )
})

test('what was not understood ends with 2 and says what there is; help ends with 0', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect((await slipstream('quotas')).code).toBe(2)
  expect((await slipstream('runs', '--limit', 'many')).code).toBe(2)
  expect((await slipstream('dead-letters', 'replay')).code).toBe(2)
  expect((await slipstream('webhooks', 'repair', '--help')).code).toBe(0)
  expect(stdout.mock.calls.join('')).toContain('slipstream webhooks repair --replace')
  expect(stderr.mock.calls.join('')).toContain("unknown command 'quotas'")
  vi.restoreAllMocks()
})
