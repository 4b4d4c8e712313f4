import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const goldenFolder = resolve(import.meta.dirname, '../../libs/contracts/golden')

/** Released versions with frozen files, oldest first. */
export const goldenVersions = (): string[] =>
  readdirSync(goldenFolder).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))

export const goldenPath = (version: string, kind: 'events' | 'rows' | 'schemas', name: string): string =>
  join(goldenFolder, version, kind, `${name}.json`)

export const readGolden = (version: string, kind: 'events' | 'rows' | 'schemas', name: string): unknown =>
  JSON.parse(readFileSync(goldenPath(version, kind, name), 'utf8'))

export const writeGolden = (version: string, kind: 'events' | 'rows' | 'schemas', name: string, json: string): void => {
  const path = goldenPath(version, kind, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `${json}\n`)
}
