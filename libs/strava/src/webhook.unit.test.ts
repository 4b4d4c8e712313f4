import { createHmac } from 'node:crypto'
import { Secret } from '@slipstream/runtime'
import { describe, expect, test } from 'vitest'
import { checkSignature, readWebhook } from './webhook.ts'

const raw = {
  ...{ aspect_type: 'update', event_time: 1_516_126_040, object_id: 1_360_128_428, object_type: 'activity' },
  ...{ owner_id: 134_815, subscription_id: 120_475, updates: { title: 'Messy', private: 'true' } },
}
const read = (body: unknown) => readWebhook(typeof body === 'string' ? body : JSON.stringify(body))

describe('a webhook', () => {
  test('is read with ids as texts', () => {
    expect(read(raw)).toEqual({
      data: {
        ...{ aspectType: 'update', objectType: 'activity', objectId: '1360128428', ownerId: '134815' },
        ...{ subscriptionId: '120475', eventTime: new Date('2018-01-16T18:07:20Z') },
        updates: { title: 'Messy', private: 'true' },
      },
    })
  })

  test.each([
    ['no updates', { ...raw, updates: undefined }, {}],
    ['null for updates', { ...raw, updates: null }, {}],
    ['a field nobody knows', { ...raw, news: 1 }, raw.updates],
    ['updates that are no texts', { ...raw, updates: { authorized: false } }, { authorized: 'false' }],
  ])('may come with %s', (_what, body, updates) => {
    expect(read(body)).toMatchObject({ data: { updates } })
  })

  test('keeps all digits of an id past 2^53', () => {
    expect(read(JSON.stringify(raw).replace('1360128428', '2947197241971379348'))).toMatchObject({
      data: { objectId: '2947197241971379348' },
    })
  })

  test.each([
    ['no JSON', 'x'],
    ['an unknown object', { ...raw, object_type: 'club' }],
    ['an unknown aspect', { ...raw, aspect_type: 'undelete' }],
    ['an id that is none', { ...raw, object_id: '../1' }],
    ['a negative id', { ...raw, owner_id: -1 }],
    ['a time that is none', { ...raw, event_time: 'now' }],
    ['an operator for an id', { ...raw, owner_id: { $gt: '' } }],
    ['updates of another form', { ...raw, updates: [{}] }],
    ['an update whose name is an operator', { ...raw, updates: { $set: '1' } }],
    ['an id of more digits than 64 bits have', { ...raw, object_id: '9'.repeat(21) }],
    ['a long update', { ...raw, updates: { title: 'x'.repeat(1_001) } }],
  ])('is refused with %s', (_what, body) => {
    expect(read(body)).toHaveProperty('problem')
  })
})

describe('a signature', () => {
  const now = new Date('2026-11-26T10:00:00Z')
  const body = Buffer.from('{"a":1}')
  const [own, other] = [new Secret('signing'), new Secret('another')]
  const sign = (key: Secret, at = now, text = body) => {
    const time = at.getTime() / 1000
    return `t=${time},v1=${createHmac('sha256', key.reveal()).update(`${time}.`).update(text).digest('hex')}`
  }
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

  test.each([
    ['of any of the keys', sign(other), 'right'],
    ['four minutes old', sign(own, minutesAgo(4)), 'right'],
    ['six minutes old', sign(own, minutesAgo(6)), 'late'],
    ['from the future', sign(own, minutesAgo(-6)), 'late'],
    ['of another body', sign(own, now, Buffer.from('{"a":2}')), 'wrong'],
    ['of a key nobody gave', sign(new Secret('stranger')), 'wrong'],
    ['that is missing', undefined, 'absent'],
    ['without a value', 't=1,v1=', 'malformed'],
    ['of another scheme', 'sha256=abc', 'malformed'],
  ])('%s', (_what, header, result) => {
    expect(checkSignature(header, body, { keys: [own, other], now })).toBe(result)
  })
})
