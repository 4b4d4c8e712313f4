import { describe, expect, it } from 'vitest'
import { planIndexes } from './index-plan.ts'

const byStatus = { name: 'status', key: { status: 1 } } as const
const one = { name: 'one', key: { athleteId: 1 }, unique: true } as const
const found = (...indexes: { name: string; key: object; unique?: boolean }[]) => [
  { name: '_id_', key: { _id: 1 } },
  ...indexes,
]
const plan = (
  changes: { indexes?: (typeof byStatus | typeof one)[]; retiredIndexes?: string[] },
  state: { indexes: ReturnType<typeof found>; isEmpty?: boolean },
) =>
  planIndexes({ name: 'links', indexes: [], retiredIndexes: [], ...changes }, { isEmpty: false, ...state }).map(
    ({ kind, isBreaking }) => ({ kind, isBreaking }),
  )

describe('planIndexes', () => {
  it.each([
    ['all as declared', plan({ indexes: [byStatus] }, { indexes: found(byStatus) }), []],
    ['under another name', plan({ indexes: [byStatus] }, { indexes: found({ ...byStatus, name: 'x' }) }), []],
    ['missing', plan({ indexes: [byStatus] }, { indexes: found() }), [{ kind: 'create', isBreaking: false }]],
    ['missing, unique', plan({ indexes: [one] }, { indexes: found() }), [{ kind: 'create', isBreaking: true }]],
    [
      'missing, unique, without rows',
      plan({ indexes: [one] }, { indexes: found(), isEmpty: true }),
      [{ kind: 'create', isBreaking: false }],
    ],
    [
      'the name with other settings',
      plan({ indexes: [one] }, { indexes: found({ ...one, unique: false }) }),
      [{ kind: 'replace', isBreaking: true }],
    ],
    ['unknown', plan({}, { indexes: found(byStatus) }), []],
    [
      'retired',
      plan({ retiredIndexes: ['status'] }, { indexes: found(byStatus) }),
      [{ kind: 'drop', isBreaking: true }],
    ],
    [
      'retired, and declared under another name',
      plan({ indexes: [one], retiredIndexes: ['old'] }, { indexes: found({ ...one, name: 'old' }) }),
      [
        { kind: 'drop', isBreaking: true },
        { kind: 'create', isBreaking: true },
      ],
    ],
    ['retired and gone', plan({ retiredIndexes: ['status'] }, { indexes: found() }), []],
  ])('%s', (_case, planned, expected) => {
    expect(planned).toEqual(expected)
  })
})
