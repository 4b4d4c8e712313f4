import { expect, test } from 'vitest'
import { parseCommandLine, UsageError } from './command-line.ts'

test('options are read, none are needed', () => {
  expect(parseCommandLine([])).toEqual({ help: false, fresh: false })
  expect(parseCommandLine(['--fresh'])).toEqual({ help: false, fresh: true })
  expect(parseCommandLine(['-h'])).toEqual({ help: true, fresh: false })
})

test('an unknown option or a stray word is refused by name', () => {
  expect(() => parseCommandLine(['--frsh'])).toThrow(UsageError)
  expect(() => parseCommandLine(['--frsh'])).toThrow(/'--frsh'.*--help/)
  expect(() => parseCommandLine(['fresh'])).toThrow(/'fresh'/)
})
