import { expect, test } from 'vitest'
import { mongodBinary } from './mongod.ts'
import { natsServerBinary } from './nats-server.ts'
import { parseVersion } from './version.ts'

test('versions are read from what the servers print', () => {
  expect(parseVersion('db version v6.0.5\nBuild Info: {')).toEqual([6, 0, 5])
  expect(parseVersion('nats-server: v2.15.1')).toEqual([2, 15, 1])
  expect(parseVersion('command not found')).toBeNull()
})

test.each([
  ['2.9.10', false],
  ['2.11.9', false],
  ['2.12.0', true],
  ['3.0.0', true],
])('nats-server %s accepted: %s', (version, accepted) => {
  expect(natsServerBinary.accepts(parseVersion(`v${version}`)!)).toBe(accepted)
})

test.each([
  ['5.0.31', false],
  ['6.0.5', true],
  ['8.2.6', true],
  ['9.0.0', false],
])('mongod %s accepted: %s', (version, accepted) => {
  expect(mongodBinary.accepts(parseVersion(`v${version}`)!)).toBe(accepted)
})
