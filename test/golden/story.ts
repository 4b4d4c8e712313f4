import { connect } from '@nats-io/transport-node'
import type { Receipt, SyncAccepted } from '@slipstream/contracts'
import { consent, cookiesOf, locationOf } from '@slipstream/local'
import { linkAthlete, statusOf, synced } from '../support/linked-athlete.ts'
import type { MobileApp } from '../support/mobile-app.ts'
import type { RunningSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const waitMs = 60_000

const linkOnWeb = async ({ endpoints, control }: RunningSystem, account: string): Promise<void> => {
  const authorization = `Bearer ${await control.tokenFor(account)}`
  const headers = { authorization, 'content-type': 'application/json' }
  const api = `${endpoints.gatewayUrl}/api/v1`
  const profile = { displayName: account, primarySport: 'Ride', weeklyGoalHours: null }
  await fetch(`${api}/profile`, { method: 'PUT', headers, body: JSON.stringify(profile) })
  const asked = await fetch(`${api}/strava/link-token`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ platform: 'web', returnTo: '/training' }),
  })
  const { connectUrl } = (await asked.json()) as { connectUrl: string }
  const connect = await fetch(connectUrl, { redirect: 'manual', headers: { cookie: cookiesOf(asked) } })
  const { stravaAthleteId } = await control.athlete(account)
  const back = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision: 'allow' })
  const landed = await fetch(back, { redirect: 'manual', headers: { cookie: cookiesOf(connect) } })
  if (!locationOf(landed, '/callback').includes('strava=linked')) throw new Error('linking on the web failed')
}

const syncNow = async (app: MobileApp): Promise<string> =>
  (await app.api<SyncAccepted>('POST', '/strava/sync')).body.runId

const unlink = async (app: MobileApp): Promise<void> => {
  const { body } = await app.api<{ receiptId: string }>('DELETE', '/strava/link')
  await until(waitMs, async () => {
    const receipt = await app.api<Receipt>('GET', `/strava/receipts/${body.receiptId}`)
    if (receipt.body.completedAt === null) throw new Error('the receipt is not complete')
  })
}

/** A message that nobody can read becomes a dead letter. */
const publishGarbage = async (natsUrl: string): Promise<void> => {
  const nats = await connect({ servers: natsUrl })
  nats.publish('athlete.linked.nobody', 'not an event')
  await nats.drain()
}

/** What happens to athletes, once each: everything that makes a row or an event of another shape. */
export const playStory = async (system: RunningSystem): Promise<void> => {
  const { control, endpoints } = system
  await publishGarbage(endpoints.natsUrl ?? '')
  const anna = await linkAthlete(system, 'anna')
  await synced(anna, waitMs)
  await linkOnWeb(system, 'ben')
  const busy = await linkAthlete(system, 'busy')
  const chris = await linkAthlete(system, 'chris')
  await Promise.all([synced(busy, waitMs), synced(chris, waitMs)])

  // A new activity, a change of one, then nothing new.
  const added = await control.addActivity('anna', { name: 'Evening run' })
  await synced(anna, waitMs, await syncNow(anna))
  await control.editActivity(added.id, { name: 'Evening run, easy' })
  await synced(anna, waitMs, await syncNow(anna))

  // A run that has to wait, because Strava does not answer.
  await control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'status', status: 503 } }] })
  const waiting = await syncNow(anna)
  await until(waitMs, async () => {
    const { error } = await statusOf(anna)
    if (error?.code !== 'strava_unavailable') throw new Error('the run does not wait')
  })
  await control.clearFaults()
  await synced(anna, waitMs, waiting)

  await control.revoke('chris')
  await syncNow(chris)
  await until(waitMs, async () => {
    if ((await statusOf(chris)).status !== 'reauth_required') throw new Error('the grant still counts as alive')
  })
  await unlink(busy)
}
