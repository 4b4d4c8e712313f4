import { expect, test } from 'vitest'
import { hashFor } from './download.ts'

const [one, two] = ['a'.repeat(64), 'B'.repeat(64)]

test('the hash of the named file is found, in text and binary notation', () => {
  const sums = `${one}  server-linux.zip\n${two} *server-mac.zip\n`
  expect(hashFor(sums, 'server-linux.zip')).toBe(one)
  expect(hashFor(sums, 'server-mac.zip')).toBe(two.toLowerCase())
  expect(hashFor(sums, 'server-windows.zip')).toBeNull()
})

test('a lone hash without a name counts, a lone line about another file does not', () => {
  expect(hashFor(`${one}\n`, 'any')).toBe(one)
  expect(hashFor(`${one}  other`, 'any')).toBeNull()
  expect(hashFor('<html>not found</html>', 'any')).toBeNull()
})
