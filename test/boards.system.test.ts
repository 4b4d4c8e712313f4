import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { hasPrometheus } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { type RunningPrometheus, type Series, startPrometheus } from './support/prometheus.ts'
import { outputDir, type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

// Simulated athletes live for a minute, some things go wrong, and a real Prometheus looks at the real services: each query
// of each board has data, and an alert fires.

const projectRoot = resolve(import.meta.dirname, '..')
const boardsFolder = join(projectRoot, 'deploy', 'grafana', 'dashboards')

interface Dashboard {
  title: string
  panels: { title: string; targets?: { expr: string }[] }[]
}

/** As Grafana would for samples that come each second. */
const substituted = (expression: string) => expression.replaceAll('$__rate_interval', '5s')

const queries = readdirSync(boardsFolder).flatMap((file) => {
  const { title, panels } = JSON.parse(readFileSync(join(boardsFolder, file), 'utf8')) as Dashboard
  return panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr }) => ({ board: title, panel: panel.title, expr: substituted(expr) })),
  )
})

/** The rules as they are, but that nobody waits for minutes. */
const hurried = (rules: string) => rules.replaceAll(/^( +for: ).*$/gm, '$11s')

const accounts = ['anna', 'ben', 'chris'] as const
const mostLifeSeconds = 180
/** Longer for the pictures in the docs. */
const leastLifeSeconds = process.env.SLIPSTREAM_LONG === '1' ? 170 : 30
/** Nobody has to wait for a quarter hour. */
const plenty = { quarterHour: 10_000, day: 100_000 }

let system: RunningSystem
let prometheus: RunningPrometheus
let apps: MobileApp[]

/** What athletes do and what goes wrong, until the signal. */
const live = async (apps: readonly MobileApp[], signal: AbortSignal): Promise<void> => {
  const { control } = system
  for (let round = 0; !signal.aborted; round += 1) {
    const index = round % accounts.length
    const account = accounts[index] ?? 'anna'
    const { id } = await control.addActivity(account, { name: `Round ${round}` })
    await control.editActivity(id, { name: `Round ${round}, renamed` })
    if (round % 4 === 1) await control.expireAccessTokens(account)
    if (round % 5 === 2) await control.deleteActivity(id)
    const failing = { endpoint: 'activities', effect: { kind: 'status', status: 503 }, times: 1 } as const
    if (round % 6 === 3) await control.setFaults({ rules: [failing] })
    await apps[index]?.api('POST', '/strava/sync')
    // What the faults put off is left to later rounds.
    await Promise.allSettled(apps.slice(index, index + 1).map((app) => synced(app, 5_000)))
  }
}

describe.skipIf(!(await hasPrometheus()))('what an operator sees', () => {
  beforeAll(async () => {
    system = await startSystem('boards', { STRAVA_ATHLETE_LIMIT: '50', SYNC_INTERVAL_MINUTES: '1' })
    await system.control.setLimits({ overall: plenty, read: plenty })
    prometheus = await startPrometheus({
      opsPorts: Object.values(system.endpoints.opsUrls).map((url) => Number(new URL(url).port)),
      rules: hurried(readFileSync(join(projectRoot, 'deploy', 'prometheus', 'alerts.yaml'), 'utf8')),
    })
    apps = await Promise.all(accounts.map((account) => linkAthlete(system, account)))
  })
  afterAll(async () => {
    await prometheus?.stop()
    await system?.stop()
  })

  const hasData = (series: readonly Series[]) =>
    series.some(({ values }) => values.some(([, value]) => value !== 'NaN'))

  test('each query of each board has data while athletes live', { timeout: 300_000 }, async () => {
    const living = new AbortController()
    await Promise.all(apps.map((app) => synced(app, 60_000)))
    const life = live(apps, living.signal)
    try {
      await until(
        (leastLifeSeconds + 100) * 1_000,
        async () => {
          const [alive] = await prometheus.queryRange('up', mostLifeSeconds, 1)
          expect(alive?.values.length).toBeGreaterThan(leastLifeSeconds)
          const answers = await Promise.all(
            queries.map(async (query) => ({
              ...query,
              series: await prometheus.queryRange(query.expr, mostLifeSeconds, 1),
            })),
          )
          expect(answers.filter(({ series }) => !hasData(series)).map(({ series: _, ...query }) => query)).toEqual([])
          mkdirSync(outputDir, { recursive: true })
          writeFileSync(join(outputDir, 'boards.json'), JSON.stringify(answers))
        },
        2_000,
      )
    } finally {
      living.abort()
      await life
    }
  })

  test('what boards, alerts and runbooks ask for is exposed', async () => {
    const folders = ['deploy/grafana/dashboards', 'deploy/prometheus', 'docs/runbooks']
    const texts = folders.flatMap((name) =>
      readdirSync(join(projectRoot, name)).map((file) => readFileSync(join(projectRoot, name, file), 'utf8')),
    )
    const named = texts.flatMap((text) => [...text.matchAll(/\bslipstream_[a-z_]+/g)].map(([name]) => name))
    const asked = new Set(named.map((name) => name.replace(/_(bucket|count|sum)$/, '')))
    const exposed = new Set(await prometheus.metrics())
    expect([...asked].filter((name) => !exposed.has(name))).toEqual([])
  })

  test('that Strava has switched the application off is an alert', { timeout: 60_000 }, async () => {
    const firing = async () =>
      (await prometheus.alerts()).filter(({ labels }) => labels.alertname === 'StravaAppInactive')
    expect(await firing()).toEqual([])
    await system.control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
    await until(40_000, async () => {
      await apps[0]?.api('POST', '/strava/sync')
      expect(await firing()).toMatchObject([
        {
          state: 'firing',
          labels: { severity: 'critical' },
          annotations: { runbook_url: 'docs/runbooks/strava-app-inactive.md' },
        },
      ])
    })
  })
})
