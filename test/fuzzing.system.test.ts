import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fuzz } from './support/fuzzing/schemathesis.ts'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { outputDir, type RunningSystem, startSystem } from './support/system.ts'

const webhookPathSecret = randomBytes(16).toString('hex')
const boundMs = 120_000

let system: RunningSystem
let result: Awaited<ReturnType<typeof fuzz>>

beforeAll(async () => {
  // Without its limits: they would answer nearly everything.
  system = await startSystem('fuzzing', { RATE_LIMIT_SCALE: '10000', STRAVA_WEBHOOK_PATH_SECRET: webhookPathSecret })
  await synced(await linkAthlete(system, 'anna'), 60_000)
  result = await fuzz({
    gatewayUrl: system.endpoints.gatewayUrl,
    accessToken: await system.control.tokenFor('anna'),
    webhookPathSecret,
    folder: join(outputDir, 'fuzzing'),
    timeoutMs: boundMs,
  })
}, 600_000)

afterAll(() => system?.stop())

describe('a gateway fuzzed by its own OpenAPI document', () => {
  it('breaks neither itself nor its contract', () => {
    expect(result.report.failures, result.text).toEqual([])
    expect(result.report.errors).toEqual([])
  })

  it('was fuzzed: all operations but the endless one, with correct, wrong and chained requests', () => {
    const { operations, phases, test_cases: cases } = result.report
    expect(operations).toMatchObject({ tested: operations.total - 1, errored: 0 })
    for (const phase of ['coverage', 'fuzzing', 'stateful']) expect(phases[phase]).toMatchObject({ status: 'success' })
    expect(cases.generated).toBeGreaterThan(400)
    expect(cases.errored).toBe(0)
  })
})
