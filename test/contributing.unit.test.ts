import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lanes } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { consumers } from '../libs/messaging/src/topology.ts'
import { collections, type Owner, writes } from '../libs/persistence/src/collections/index.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const architecture = read('docs/architecture.md')

const codesIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** Cells of the table with this first heading. */
const tableOf = (heading: string): string[][] => {
  const lines = architecture.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`| ${heading}`))
  const rows = lines.slice(from + 2)
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => line.split('|').slice(1, -1))
}

const services = ['gateway', 'scheduler', 'ingestion']
const folders = ['.githooks', 'deploy', 'docs', 'k8s', 'libs', 'services', 'test']

/** A path as it is named, in each service that it may stand for. */
const filesOf = (path: string): string[] =>
  path.includes('<name>') ? services.map((name) => path.replaceAll('<name>', name)) : [path]

const isPath = (code: string): boolean => folders.some((folder) => code.startsWith(`${folder}/`)) && !/[ *…]/.test(code)

describe.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s', (page) => {
  it('names files that exist', () => {
    const paths = codesIn(read(page)).filter(isPath)
    expect(paths.length).toBeGreaterThan(50)
    expect(paths.filter((path) => !filesOf(path).some((file) => existsSync(join(root, file))))).toEqual([])
  })

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(page).matchAll(/npm run ([a-z:]+)(?![a-z:]| -w)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe('docs/architecture.md', () => {
  it('says of every collection who writes it', () => {
    const documented = tableOf('Collection').flatMap(([names = '', writers = '']) =>
      codesIn(names).map((name) => [name, Object.keys(writes).filter((owner) => writers.includes(owner))]),
    )
    const ownersOf = (key: string) =>
      Object.keys(writes).filter((owner) => (writes[owner as Owner] as readonly string[]).includes(key))
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(collections).map(([key, { name }]) => [name, ownersOf(key)])),
    )
  })

  it('says of every consumer whose it is and what it takes', () => {
    const documented = tableOf('Consumer').flatMap(([names = '', service = '', types = '']) =>
      codesIn(names).map((name) => [name, { service: service.trim(), types: codesIn(types) }]),
    )
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(consumers).map(([name, { service, types }]) => [name, { service, types }])),
    )
  })

  it.each(Object.entries(consumers))('has the service run %s that it names for it', (name, { service }) => {
    const composition = read(`services/${service}/src/service.ts`)
    const run = [...composition.matchAll(/name: (?:'([a-z-]+)'|`([a-z]+)-\$\{lane\}`)/g)].flatMap(([, one, ofLanes]) =>
      one === undefined ? lanes.map((lane) => `${ofLanes}-${lane}`) : [one],
    )
    expect(run).toContain(name)
  })

  it.each(services)('names all sweeps of the %s', (service) => {
    const declared = [...read(`services/${service}/src/service.ts`).matchAll(/name: '([a-z-]+)',\s+everyMs/g)]
    const [row] = tableOf('Service | Sweep').filter(([name = '']) => name.trim() === service)
    expect(codesIn(row?.[1] ?? '').toSorted()).toEqual(declared.map(([, name]) => name).toSorted())
  })

  it('gives a reason for every package that something needs to run', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
    const manifests = globSync(
      workspaces.map((folder) => `${folder}/package.json`),
      { cwd: root },
    )
    const needed = manifests.flatMap((file) => Object.keys(JSON.parse(read(file)).dependencies ?? {}))
    const foreign = new Set(needed.filter((name) => !name.startsWith('@slipstream/')))
    const named = new Set(tableOf('Package').flatMap(([packages = '']) => codesIn(packages)))
    expect([...foreign].filter((name) => !named.has(name))).toEqual([])
  })
})
