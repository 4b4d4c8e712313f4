import { expect, test } from 'vitest'
import { parseCommandLine, UsageError } from './command-line.ts'

test('options are read, none are needed', () => {
  expect(parseCommandLine([])).toEqual({ help: false, fresh: false, watch: false })
  expect(parseCommandLine(['--fresh'])).toEqual({ help: false, fresh: true, watch: false })
  expect(parseCommandLine(['-h'])).toEqual({ help: true, fresh: false, watch: false })
  expect(parseCommandLine(['--watch'])).toEqual({ help: false, fresh: false, watch: true })
})

test('an unknown option or a stray word is refused by name', () => {
  expect(() => parseCommandLine(['--frsh'])).toThrow(UsageError)
  expect(() => parseCommandLine(['--frsh'])).toThrow(/'--frsh'$/)
  expect(() => parseCommandLine(['fresh'])).toThrow(/'fresh'/)
})
