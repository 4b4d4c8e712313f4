import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

const forbiddenImports: [path: string, specifier: string][] = [
  ['services/ingestion/src/domain/a.ts', 'mongoose'],
  ['services/gateway/src/domain/a.ts', 'express'],
  ['services/scheduler/src/domain/a.ts', '@nats-io/jetstream'],
  ['services/scheduler/src/domain/b.ts', '../adapters/rows.ts'],
  ['services/ingestion/src/adapters/a.ts', '../handlers/on-sync-requested.ts'],
  ['services/gateway/src/handlers/a.ts', '../adapters/links.ts'],
  ['services/gateway/src/handlers/b.ts', '../../../ingestion/src/service.ts'],
  ['services/gateway/src/service.ts', '@slipstream/testing'],
  ['libs/vault/src/a.ts', '../../../services/gateway/src/service.ts'],
  ['libs/contracts/src/a.ts', 'node:fs'],
]
const readsEnvironment = 'export const home = process.env.HOME\n'
const sources: Record<string, string> = {
  ...Object.fromEntries(
    forbiddenImports.map(([path, specifier]) => [path, `import { x } from '${specifier}'\nexport const y = x\n`]),
  ),
  'services/ingestion/src/domain/fine.ts': "import { lanes } from '@slipstream/contracts'\nexport const y = lanes\n",
  'services/gateway/src/environment.ts': readsEnvironment,
  'services/gateway/src/config.ts': readsEnvironment,
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-lint-'))
const rulesBroken = new Map<string, string[]>()

interface Report {
  diagnostics: { category: string; location: { path: string | { file: string } } }[]
}

beforeAll(() => {
  copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'))
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  const biome = join(root, 'node_modules/.bin/biome')
  const run = spawnSync(biome, ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=200'], {
    cwd: folder,
  })
  const report = JSON.parse(run.stdout.toString()) as Report
  for (const { category, location } of report.diagnostics) {
    const path = typeof location.path === 'string' ? location.path : location.path.file
    rulesBroken.set(path, [...(rulesBroken.get(path) ?? []), category])
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the linter refuses', () => {
  it.each(forbiddenImports)('%s importing %s', (path) => {
    expect(rulesBroken.get(path)).toContain('lint/style/noRestrictedImports')
  })

  it('reading the environment outside config files', () => {
    expect(rulesBroken.get('services/gateway/src/environment.ts')).toContain('lint/style/noProcessEnv')
  })
})

it('the linter lets domain import contracts and config files read the environment', () => {
  expect(rulesBroken.get('services/ingestion/src/domain/fine.ts') ?? []).not.toContain('lint/style/noRestrictedImports')
  expect(rulesBroken.get('services/gateway/src/config.ts') ?? []).not.toContain('lint/style/noProcessEnv')
})
