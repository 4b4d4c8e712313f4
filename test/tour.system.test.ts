import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { errorCatalogue, type Status } from '@slipstream/contracts'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

// The tour on one running system: what it tells, and that nothing of it is left, whenever it ends.

const root = resolve(import.meta.dirname, '..')
const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-tour-'))

let system: RunningSystem
beforeAll(async () => {
  system = await startSystem('tour', {}, { dataDir })
})
afterAll(async () => {
  await system?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** As a person starts it, without a terminal. */
const tour = (args: string[] = [], folder = dataDir) => {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    SLIPSTREAM_DATA_DIR: folder,
    SIMULATOR_URL: undefined,
    NATS_URL: undefined,
  }
  const child = spawn(process.execPath, ['deploy/local/src/bin/tour.ts', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  const ended = once(child, 'close').then(([code]) => code as number)
  /** Lines that were wrapped are one again. */
  return { child, ended, text: () => text, words: () => text.replace(/\s+/g, ' ') }
}

const statusOf = async (account: string): Promise<Status> => {
  const headers = { authorization: `Bearer ${await system.control.tokenFor(account)}` }
  return (await fetch(`${system.pageUrl}api/v1/strava/status`, { headers })).json() as Promise<Status>
}

/** All that the tour may touch. */
const stateOf = async (account: string) => {
  const { control } = system
  const [{ rules, behaviour }, { limits }, { offsetMs }] = await Promise.all([
    control.faults(),
    control.limits(),
    control.clock(),
  ])
  const { connected, latest, activityCount } = await control.athlete(account)
  const { status, error } = await statusOf(account)
  return { rules, behaviour, limits, offsetMs, connected, latest, activityCount, status, error }
}

it('shows each change as the athlete and a subscriber see it, and puts all back', { timeout: 240_000 }, async () => {
  const anna = await linkAthlete(system, 'anna')
  await synced(anna, 30_000)
  const before = { dana: await stateOf('dana'), anna: await stateOf('anna') }

  const { ended, text, words } = tour(['--yes'])
  expect(await ended, text()).toBe(0)
  const said = words()
  const quoted = ({ title, detail }: { title: string; detail: string }) => `"${title}. ${detail}"`
  // In this order.
  const told = [
    '1/7 Connecting Strava',
    'athlete.linked, Strava account 77400044',
    'athlete after',
    '2/7 A late upload',
    'activity.ingested, Long run, 10.2 km, 52 min, v1',
    '3/7 An edit',
    'activity.updated, Long run with Eva, 10.2 km, 52 min, v2',
    'changed: name',
    '4/7 A delete',
    'deleted at Strava, v3',
    '5/7 A closed quota window',
    quoted(errorCatalogue.quota_exhausted),
    'activity.ingested, Lunch run',
    '6/7 An application that is switched off',
    quoted(errorCatalogue.app_inactive),
    'activity.ingested, Evening run',
    '7/7 Access revoked at Strava',
    'athlete.unlinked, access was ended at Strava',
    'status not_linked, and a receipt',
    'athlete.erased, deleted here:',
    'athlete.linked, Strava account 77400044',
    'All is as it was before.',
  ]
  let from = 0
  for (const line of told) {
    const at = said.indexOf(line, from)
    expect(at, `${line}\n${text()}`).toBeGreaterThanOrEqual(0)
    from = at
  }
  for (const line of text().split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  expect({ dana: await stateOf('dana'), anna: await stateOf('anna') }).toEqual(before)
})

it('keeps a second one away, and ended in the middle puts all back', { timeout: 120_000 }, async () => {
  const before = { dana: await stateOf('dana'), anna: await stateOf('anna') }
  const { child, ended, text } = tour()
  await until(60_000, async () => expect(text()).toContain('1/7'))
  const second = tour()
  expect(await second.ended).toBe(1)
  expect(second.words()).toContain('a tour already runs')
  await until(60_000, async () => expect(text()).toContain('nothing yet: the sync waits'))
  child.kill('SIGINT')
  expect(await ended, text()).toBe(130)
  expect(text()).toContain('Ended: putting all back')
  expect(text()).toContain('All is as it was before.')
  expect({ dana: await stateOf('dana'), anna: await stateOf('anna') }).toEqual(before)
})

it('says what to do where it cannot begin', { timeout: 60_000 }, async () => {
  const empty = mkdtempSync(join(tmpdir(), 'slipstream-tour-none-'))
  onTestFinished(() => rmSync(empty, { recursive: true }))
  const nothing = tour([], empty)
  const wrong = tour(['--fast'])
  const nobody = tour(['--athlete', 'zoe'])
  expect(await nothing.ended).toBe(1)
  expect(nothing.text()).toContain('Start it with npm start')
  expect(await wrong.ended).toBe(2)
  expect(wrong.text()).toMatch(/'--fast'.*--help/)
  expect(await nobody.ended).toBe(1)
  expect(nobody.text()).toMatch(/no athlete "zoe", but anna, ben/)

  await system.control.setFaults({ rules: [{ endpoint: 'activity', effect: { kind: 'cut' } }] })
  const faulty = tour()
  expect(await faulty.ended).toBe(1)
  expect(faulty.words()).toContain('Faults are switched on')
  expect((await system.control.faults()).rules).toHaveLength(1)
})
