import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@slipstream/testing'
import { expect, it } from 'vitest'
import { addSecrets, handOver, readSecrets } from './files.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const uid = process.getuid?.() ?? 0

it('keeps secrets for their owner only, and overwrites none', async () => {
  const folder = join(await temporaryFolder(), 'secrets')
  addSecrets(folder, { one: 'first' })
  expect([modeOf(folder), modeOf(join(folder, 'one'))]).toEqual(['700', '600'])
  expect(() => addSecrets(folder, { one: 'second' })).toThrow('EEXIST')
  expect(readFileSync(join(folder, 'one'), 'utf8')).toBe('first')
  writeFileSync(join(folder, 'by-hand'), 'typed\n')
  expect(readSecrets(folder)).toEqual({ one: 'first', 'by-hand': 'typed' })
})

it('hands over exactly these files, whatever was there, readable by nobody else', async () => {
  const folder = await temporaryFolder()
  writeFileSync(join(folder, 'left-over'), 'x')
  handOver(folder, { uid, files: { a: '1', b: '2' } })
  handOver(folder, { uid, files: { a: '3' } })
  expect(readdirSync(folder)).toEqual(['a'])
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('3')
  expect([modeOf(folder), modeOf(join(folder, 'a'))]).toEqual(['500', '400'])
})
