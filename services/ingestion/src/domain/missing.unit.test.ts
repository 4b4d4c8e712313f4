import { expect, test } from 'vitest'
import { afterList, notListed } from './missing.ts'

const ids = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)
const listedOnce = undefined
const listedTwice = { isListedAgain: true, toCheck: null }

test.each([
  ['nothing is missing', 0, 20, listedOnce, { kind: 'end' }],
  ['a few are', 3, 20, listedOnce, { kind: 'check', activityIds: ids(3) }],
  ['more than three are', 4, 100, listedOnce, { kind: 'list_again' }],
  ['more than a fifth are', 1, 4, listedOnce, { kind: 'list_again' }],
  ['exactly a fifth is', 1, 5, listedOnce, { kind: 'check', activityIds: ids(1) }],
  ['many still are', 4, 100, listedTwice, { kind: 'check', activityIds: ids(4) }],
  ['all are', 50, 50, listedTwice, { kind: 'check', activityIds: ids(10) }],
  ['none is any more', 0, 100, listedTwice, { kind: 'end' }],
] as const)('after a list where %s', (_what, missing, storedInWindow, before, expected) => {
  expect(afterList({ activityIds: ids(missing), storedInWindow }, before, Number.POSITIVE_INFINITY)).toEqual(expected)
})

test.each([
  ['no call', 3, 0, { kind: 'end' }],
  ['no call for another list', 4, 0, { kind: 'end' }],
  ['two calls', 3, 2, { kind: 'check', activityIds: ids(2) }],
] as const)('after a list that leaves %s', (_what, missing, callsLeft, expected) => {
  expect(afterList({ activityIds: ids(missing), storedInWindow: 20 }, listedOnce, callsLeft)).toEqual(expected)
})

test('of what webhooks told is asked for what is not listed, and what is said to be deleted', () => {
  const told = (stravaActivityId: string, aspect: 'update' | 'delete') => ({
    ...{ stravaActivityId, inboxId: 'in_1', aspect, eventTime: new Date(0), asked: 1 },
  })
  expect(notListed([told('1', 'update'), told('2', 'update'), told('3', 'delete')], ['1', '3'])).toEqual(['2', '3'])
})
