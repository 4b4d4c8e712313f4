import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environmentSchema as gateway } from '../services/gateway/src/config.ts'
import { environmentSchema as ingestion } from '../services/ingestion/src/config.ts'
import { environmentSchema as scheduler } from '../services/scheduler/src/config.ts'

const settings = Object.entries({ gateway, scheduler, ingestion }).map(
  ([service, { shape }]) => [service, Object.keys(shape).sort()] as const,
)

const rowsUnderSettings = (file: string): string[][] => {
  const page = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
  const section = page.split('\n## Settings\n')[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
}

const namesIn = (cell = ''): string[] => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name)

describe.each(settings)('each setting of the %s, and no other, is told', (service, names) => {
  it('in its README', () => {
    expect(
      rowsUnderSettings(`services/${service}/README.md`)
        .flatMap(([cell]) => namesIn(cell))
        .sort(),
    ).toEqual(names)
  })

  it('in the README of the project, with who uses it', () => {
    const rows = rowsUnderSettings('README.md').filter(
      ([, , users = '']) => /^all$/.test(users) || users.split(', ').includes(service),
    )
    expect(rows.flatMap(([cell]) => namesIn(cell)).sort()).toEqual(names)
  })
})
