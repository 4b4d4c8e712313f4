import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const goldenFolder = resolve(import.meta.dirname, '../../libs/contracts/golden')

/** Released versions with frozen files, oldest first. */
export const goldenVersions = (): string[] =>
  readdirSync(goldenFolder).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))

export const writeGolden = (version: string, kind: 'events' | 'rows' | 'schemas', name: string, json: string): void => {
  const folder = join(goldenFolder, version, kind)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${json}\n`)
}
