import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

const apart = 'Services never import each other; product code never imports test helpers.'
const ofLibraries = 'Libraries never import services.'
const ofDomain = 'Decisions do no I/O: domain imports contracts and plain data only.'
const ofSharedWords = 'What all parts agree on does no I/O.'
const ofAdapters = 'Adapters depend on domain only.'
const ofHandlers = 'Handlers see ports and domain; service.ts wires the adapters in.'

/** Each target is one that a single rule can catch; the message tells which one did. */
const forbiddenImports: [path: string, specifier: string, message: string][] = [
  ['services/ingestion/src/domain/a.ts', 'mongoose', ofDomain],
  ['services/gateway/src/domain/a.ts', 'express', ofDomain],
  ['services/scheduler/src/domain/a.ts', '@nats-io/jetstream', ofDomain],
  ['services/scheduler/src/domain/b.ts', '../adapters/rows.ts', ofDomain],
  ['services/scheduler/src/domain/c.ts', '../../../ingestion/src/domain/page.ts', apart],
  ['services/scheduler/src/domain/d.ts', '@slipstream/testing', apart],
  ['services/ingestion/src/domain/b.ts', '@slipstream/quota', ofDomain],
  ['services/ingestion/src/domain/c.ts', '@slipstream/gate', ofDomain],
  ['services/ingestion/src/domain/d.ts', '@slipstream/service', ofDomain],
  ['services/ingestion/src/adapters/a.ts', '../handlers/on-sync-requested.ts', ofAdapters],
  ['services/ingestion/src/adapters/b.ts', '../../../gateway/src/domain/status.ts', apart],
  ['services/ingestion/src/adapters/c.ts', '@slipstream/gateway', apart],
  ['services/gateway/src/handlers/a.ts', '../adapters/links.ts', ofHandlers],
  ['services/gateway/src/handlers/b.ts', '../../../ingestion/src/domain/page.ts', apart],
  ['services/gateway/src/handlers/c.ts', '@slipstream/testing', apart],
  ['services/scheduler/src/requests/a.ts', '../adapters/rows.ts', ofHandlers],
  ['services/scheduler/src/domain/e.ts', '../requests/change-schedule.ts', ofDomain],
  ['services/scheduler/src/adapters/a.ts', '../requests/change-schedule.ts', ofAdapters],
  ['services/gateway/src/sweeps/a.ts', '../adapters/links.ts', ofHandlers],
  ['services/gateway/src/sweeps/b.ts', '../../../scheduler/src/domain/schedule.ts', apart],
  ['services/gateway/web/a.ts', '../../ingestion/src/domain/page.ts', apart],
  ['services/gateway/web/b.ts', '@slipstream/testing', apart],
  ['services/gateway/src/service.ts', '@slipstream/testing', apart],
  ['services/gateway/src/routes.ts', '../../ingestion/src/domain/page.ts', apart],
  ['libs/vault/src/a.ts', '../../../services/gateway/src/domain/status.ts', ofLibraries],
  ['libs/contracts/src/a.ts', 'node:fs', ofSharedWords],
  ['libs/contracts/src/b.ts', '../../../services/gateway/src/domain/status.ts', ofLibraries],
  ['libs/contracts/src/c.ts', '@slipstream/scheduler', ofLibraries],
  ['libs/contracts/src/d.ts', '@slipstream/quota', ofSharedWords],
  ['libs/records/src/a.ts', 'mongoose', ofSharedWords],
  ['libs/records/src/b.ts', '../../../services/gateway/src/domain/status.ts', ofLibraries],
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
  diagnostics: { category: string; message: string; location: { path: string | { file: string } } }[]
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
  for (const { category, message, location } of report.diagnostics) {
    const path = typeof location.path === 'string' ? location.path : location.path.file
    // Whether a package is declared is another rule's matter.
    if (category === 'lint/correctness/noUndeclaredDependencies') continue
    const broken = category === 'lint/style/noRestrictedImports' ? message : category
    rulesBroken.set(path, [...(rulesBroken.get(path) ?? []), broken])
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the linter refuses', () => {
  it.each(forbiddenImports)('%s importing %s: %s', (path, _specifier, message) => {
    expect(rulesBroken.get(path)).toEqual([message])
  })

  it('reading the environment outside config files', () => {
    expect(rulesBroken.get('services/gateway/src/environment.ts')).toContain('lint/style/noProcessEnv')
  })
})

/** Beside these a service has but its composition: what lies there may import anything of its own service. */
const fencedFolders = ['adapters', 'domain', 'handlers', 'requests', 'sweeps']
const unfencedFolders = ['http', 'pages']

it.each(['gateway', 'scheduler', 'ingestion'])('every folder of %s is known to a rule', (service) => {
  const folders = readdirSync(join(root, 'services', service, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  expect(folders.filter((name) => ![...fencedFolders, ...unfencedFolders].includes(name))).toEqual([])
})

it('the linter lets domain import contracts and config files read the environment', () => {
  expect(rulesBroken.get('services/ingestion/src/domain/fine.ts') ?? []).toEqual([])
  expect(rulesBroken.get('services/gateway/src/config.ts') ?? []).toEqual([])
})
