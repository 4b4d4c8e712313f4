import { expect, test } from 'vitest'
import { carriesAnotherPass } from './share.ts'

const pass = (calls: number) => ({
  counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls },
})

test.each([
  ['nothing is known of earlier passes, two are left', 2, null, true],
  ['nothing is known of earlier passes, one is left', 1, null, false],
  ['the last pass took one call, one is left', 1, pass(1), false],
  ['as many are left as the last pass took', 4, pass(4), true],
  ['fewer are left than the last pass took', 3, pass(4), false],
  ['the last pass took more than a whole share, which is left', 12, pass(40), true],
  ['the last pass took more than a whole share, and one is used', 11, pass(40), false],
])('%s: %s', (_what, left, lastPass, carries) => {
  expect(carriesAnotherPass({ left, allowance: 12 }, lastPass)).toBe(carries)
})
