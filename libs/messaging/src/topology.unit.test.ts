import { eventTypes, lanes, subjectOf, transientEventTypes } from '@slipstream/contracts'
import { describe, expect, test } from 'vitest'
import { subjectsOf } from './subjects.ts'
import { consumerConfig, consumers, publishedBy, streams } from './topology.ts'

/** NATS subject matching: `*` is one token, a final `>` is one or more. */
const matches = (filter: string, subject: string): boolean => {
  const [wanted, given] = [filter.split('.'), subject.split('.')]
  return (
    wanted.every((token, index) => {
      const actual = given[index]
      if (token === '>') return actual !== undefined && index === wanted.length - 1
      return token === actual || (token === '*' && actual !== undefined)
    }) &&
    (wanted.at(-1) === '>' || wanted.length === given.length)
  )
}

const subjectsOfType = (type: (typeof eventTypes)[number]) =>
  lanes.map((lane) => subjectOf({ type, data: { athleteId: 'ath_1', lane } }))

const streamsThatTake = (subject: string) =>
  Object.values(streams).filter(({ subjects }) => subjects.some((filter) => matches(filter, subject)))

const transient = new Set<string>(transientEventTypes)

describe('streams', () => {
  test.each(eventTypes.filter((type) => !transient.has(type)))('%s is stored by exactly one stream', (type) => {
    for (const subject of subjectsOfType(type)) expect(streamsThatTake(subject)).toHaveLength(1)
  })

  test.each(transientEventTypes)('%s is stored by none', (type) => {
    for (const subject of subjectsOfType(type)) expect(streamsThatTake(subject)).toEqual([])
  })

  test.each(Object.values(streams))('$name is safe: acknowledged means on disk', (stream) => {
    expect(stream.storage).toBe('file')
    expect(stream).not.toHaveProperty('persist_mode')
    expect(stream).not.toHaveProperty('no_ack')
  })

  test('undone work never expires, and newer requests replace older ones', () => {
    expect(streams.SYNC).toMatchObject({ retention: 'workqueue', max_msgs_per_subject: 1, discard: 'old' })
    for (const limit of ['max_age', 'max_bytes', 'max_msgs']) expect(streams.SYNC).not.toHaveProperty(limit)
  })
})

test.each(eventTypes)('%s may be published by somebody', (type) => {
  expect(Object.values(publishedBy).some((types) => types.includes(type))).toBe(true)
})

describe('consumers', () => {
  const all = Object.entries(consumers).map(([name, definition]) => ({ name, ...definition }))

  test.each(all)('$name receives exactly the types it declares', ({ stream, types, filterSubjects }) => {
    const received = eventTypes.filter((type) =>
      subjectsOfType(type).some((subject) => filterSubjects.some((filter) => matches(filter, subject))),
    )
    expect(new Set(received)).toEqual(new Set<string>(types))
    for (const type of types) {
      for (const subject of subjectsOfType(type)) expect(streamsThatTake(subject)).toEqual([streams[stream]])
    }
  })

  test.each(all)('$name leaves delays to the code', (definition) => {
    expect(consumerConfig(definition.name, definition)).not.toHaveProperty('backoff')
  })

  test('each lane has its own consumer', () => {
    const filters = all.filter(({ stream }) => stream === 'SYNC').flatMap(({ filterSubjects }) => filterSubjects)
    expect(filters).toEqual(lanes.map((lane) => `sync.requested.${lane}.>`))
  })
})

test.each(eventTypes)('subjectsOf finds %s of one athlete, of all, and of no other', (type) => {
  const subjects = subjectsOfType(type)
  const [one = ''] = subjectsOf([type], 'ath_1')
  const [everyone = ''] = subjectsOf([type], '*')
  const [other = ''] = subjectsOf([type], 'ath_2')
  expect(subjects.every((subject) => matches(one, subject) && matches(everyone, subject))).toBe(true)
  expect(subjects.some((subject) => matches(other, subject))).toBe(false)
})
