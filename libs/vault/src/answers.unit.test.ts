import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createAnswerSeal } from './answers.ts'
import { parseTokenKeys } from './keyring.ts'

const newKey = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const [old, next] = [newKey('old'), newKey('next')]
const sealUnder = (...keys: string[]) => createAnswerSeal(parseTokenKeys(keys.join(',')))

const place = { athleteId: 'ath_1', requestId: 'r1' }
const sealed = sealUnder(old).seal('{"linkToken":"secret"}', place)

it('opens for the athlete and the request it was given to, under a key that is still there', () => {
  expect(JSON.stringify(sealed)).not.toContain('secret')
  expect(sealUnder(next, old).open(sealed, place)).toBe('{"linkToken":"secret"}')
})

it.each([
  ['another athlete', sealUnder(old), { ...place, athleteId: 'ath_2' }],
  ['another request', sealUnder(old), { ...place, requestId: 'r2' }],
  ['its key gone', sealUnder(next), place],
])('is as if it had never been there with %s', (_what, { open }, elsewhere) => {
  expect(open(sealed, elsewhere)).toBeNull()
})
