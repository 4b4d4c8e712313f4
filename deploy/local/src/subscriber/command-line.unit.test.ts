import { expect, test } from 'vitest'
import { UsageError } from '../command-line.ts'
import { parseSubscribeLine } from './command-line.ts'

test('without a word it begins now, with all that is kept', () => {
  expect(parseSubscribeLine([])).toEqual({
    ...{ help: false, pretty: false, live: [] },
    kept: { subjects: [], from: 'now' },
  })
})

test('subjects are told apart by whether they are kept', () => {
  expect(parseSubscribeLine(['activity.>', 'sync.progress.>'])).toMatchObject({
    live: ['sync.progress.>'],
    kept: { subjects: ['activity.>'], from: 'now' },
  })
  expect(parseSubscribeLine(['sync.progress.>']).kept).toBeNull()
})

test('it begins so long ago, or with the oldest', () => {
  expect(parseSubscribeLine(['--since', '10m']).kept?.from).toEqual({ agoMs: 600_000 })
  expect(parseSubscribeLine(['--all']).kept?.from).toBe('oldest')
})

test.each([
  [['activity..>'], /"activity\.\.>" is no subject/],
  [['--since', '10'], /--since 10: must be a number with s, m, h or d/],
  [['--since', '1m', '--all'], /--since and --all/],
  [['--all', 'sync.progress.>'], /'sync\.progress\.>' is not kept/],
  [['--bogus'], /'--bogus'/],
])('%j is refused', (args, words) => {
  expect(() => parseSubscribeLine(args)).toThrow(UsageError)
  expect(() => parseSubscribeLine(args)).toThrow(words)
})
