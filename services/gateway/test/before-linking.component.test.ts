import { profileSchema } from '@slipstream/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anna, linkOnWeb } from './support/linking.ts'
import { type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

test('the profile is stored, and its first submission remembered', async () => {
  const nobody = await system.signIn('newcomer', { profile: false })
  expect(await nobody.json('GET', '/api/v1/profile')).toEqual({
    displayName: null,
    primarySport: null,
    weeklyGoalHours: null,
    submittedAt: null,
  })
  const submitted = profileSchema.parse(
    await nobody.json('PUT', '/api/v1/profile', { displayName: ' Nora ', primarySport: 'Ride', weeklyGoalHours: 6.5 }),
  )
  expect(submitted).toMatchObject({ displayName: 'Nora', weeklyGoalHours: 6.5 })
  const changed = profileSchema.parse(
    await nobody.json('PUT', '/api/v1/profile', { displayName: 'N', primarySport: 'Run' }),
  )
  expect(changed).toEqual({
    displayName: 'N',
    primarySport: 'Run',
    weeklyGoalHours: null,
    submittedAt: submitted.submittedAt,
  })
})

test('no link token before the profile is submitted', async () => {
  const nobody = await system.signIn('hasty', { profile: false })
  const answer = await nobody.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'profile_required', action: 'submit_profile' })
})

test('places are limited: the next athlete is told before Strava refuses', async () => {
  const small = await startSystem({ env: { STRAVA_ATHLETE_LIMIT: '1' } })
  try {
    const first = await small.signIn('anna')
    await linkOnWeb(small, first, { athlete: anna })
    const second = await small.signIn('ben')
    const answer = await second.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'app_full', actor: 'operator' })
    expect((await first.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
  } finally {
    await small.stop()
  }
})

test('nobody is sent to Strava while a grant could not be kept, as a key is missing; once it is back all is well', async () => {
  const athlete = await system.signIn('anna')
  const ask = () => athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  const accounts = system.store.connection.collection<{ _id: string; sealedKey: object }>('accounts')
  await accounts.insertOne({ _id: 'id_key', sealedKey: { v: 1, kid: 'missing' } })
  const answer = await ask()
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ code: 'app_misconfigured', actor: 'operator' })
  await ask()
  const told = system.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error')
  expect(told).toMatchObject([{ kid: 'missing', err: { message: 'key missing is not in the keyring' } }])
  await accounts.deleteOne({ _id: 'id_key' })
  expect((await ask()).status).toBe(201)
})

test.each([
  ['claim', { profile_submitted: true }, 201],
  ['claim', {}, 409],
  ['claim', { profile_submitted: 'true' }, 409],
  ['off', {}, 201],
] as const)('PROFILE_GATE=%s with claims %j answers %i', async (gate, claims, expected) => {
  const gated = await startSystem({ env: { PROFILE_GATE: gate } })
  try {
    const person = await gated.signIn('anna', { profile: false, claims })
    expect((await person.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(expected)
  } finally {
    await gated.stop()
  }
})
