import { expect, it } from 'vitest'
import { missingSecrets, shareOut } from './plan.ts'

const made = missingSecrets({}, { simulatesStrava: true })

it('makes nothing that is there', () => {
  expect(missingSecrets(made, { simulatesStrava: true })).toEqual({})
  const { 'token-keys': tokenKeys, ...others } = made
  expect(tokenKeys).toMatch(/^key1:/)
  expect(Object.keys(missingSecrets(others, { simulatesStrava: true }))).toEqual(['token-keys'])
})

it('makes no client secret for the real Strava, and hands out nothing without one', () => {
  const real = missingSecrets({}, { simulatesStrava: false })
  expect(real).not.toHaveProperty('strava-client-secret')
  expect(() => shareOut(real)).toThrow('there is no secret strava-client-secret')
})

it('never makes the same twice', () => {
  const again = missingSecrets({}, { simulatesStrava: true })
  const values = [...Object.values(made), ...Object.values(again)]
  expect(new Set(values).size).toBe(values.length)
})

it('gives each container its own and no others', () => {
  const shares = shareOut(made)
  const passwordOf = (user: string) => made[`mongo-${user}-password`] ?? 'none'
  const holders = (value: string) =>
    Object.keys(shares).filter((name) => JSON.stringify(shares[name]?.files).includes(value))
  expect(holders(passwordOf('gateway'))).toEqual(['gateway', 'mongo-users'])
  expect(holders(passwordOf('scheduler'))).toEqual(['scheduler', 'mongo-users'])
  expect(holders(passwordOf('root'))).toEqual(['mongo', 'mongo-users'])
  expect(holders(made['token-keys'] ?? 'none')).toEqual(['gateway', 'ingestion', 'operator'])
  expect(holders(made['strava-client-secret'] ?? 'none')).toEqual(['gateway', 'ingestion', 'operator', 'simulator'])
  expect(holders(made['nats-ingestion-seed'] ?? 'none')).toEqual(['ingestion'])
  expect(holders(made['nats-subscriber-seed'] ?? 'none')).toEqual([])
})

it('tells the NATS server the same users each time', () => {
  expect(shareOut(made).nats).toEqual(shareOut(made).nats)
})
