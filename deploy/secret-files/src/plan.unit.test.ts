import { expect, it } from 'vitest'
import { missingSecrets, shareOut } from './plan.ts'

const subscribers = ['training-plans']
const demo = { simulatesStrava: true, subscribers }
const made = missingSecrets({}, demo)

it('makes nothing that is there', () => {
  expect(missingSecrets(made, demo)).toEqual({})
  const { 'token-keys': tokenKeys, ...others } = made
  expect(tokenKeys).toMatch(/^key1:/)
  expect(Object.keys(missingSecrets(others, demo))).toEqual(['token-keys'])
})

it('makes no client secret for the real Strava, and hands out nothing without one', () => {
  const real = missingSecrets({}, { ...demo, simulatesStrava: false })
  expect(real).not.toHaveProperty('strava-client-secret')
  expect(() => shareOut(real, subscribers)).toThrow('there is no secret strava-client-secret')
})

it('never makes the same twice', () => {
  const again = missingSecrets({}, demo)
  const values = [...Object.values(made), ...Object.values(again)]
  expect(new Set(values).size).toBe(values.length)
})

it('gives each container its own and no others', () => {
  const shares = shareOut(made, subscribers)
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
  expect(shareOut(made, subscribers).nats).toEqual(shareOut(made, subscribers).nats)
})

it('keeps a subscriber that is named its seed, and takes its user away with the name', () => {
  const seed = made['nats-subscriber-training-plans-seed']
  expect(seed).toMatch(/^SU/)
  const more = { ...demo, subscribers: [...subscribers, 'newsletter'] }
  const added = missingSecrets(made, more)
  expect(Object.keys(added)).toEqual(['nats-subscriber-newsletter-seed'])
  const usersOf = (names: string[]) =>
    shareOut({ ...made, ...added }, names).nats?.files['auth.conf']?.match(/(?<=^ +# ).*$/gm)
  const others = ['gateway', 'scheduler', 'ingestion', 'subscriber', 'operator']
  expect(usersOf(more.subscribers)).toEqual([...others, 'training-plans', 'newsletter'])
  expect(usersOf(['newsletter'])).toEqual([...others, 'newsletter'])
})
