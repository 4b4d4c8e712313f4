import { randomBytes } from 'node:crypto'
import type { SealedText } from '@slipstream/records'
import { parseTokenKeys, SealBrokenError } from '@slipstream/vault'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openText, type Place, sealText } from '../../libs/vault/src/envelope.ts'

// Promise 17: tokens are unreadable and unswappable. Whoever can write to the database changes stored tokens, or puts those of one
// athlete, link or field in the place of another's: none of it opens.
const attacks = process.env.SLIPSTREAM_LONG === '1' ? 100_000 : 10_000

const keyOf = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const [current, old, foreign] = [keyOf('k2'), keyOf('k1'), keyOf('k1')]
const keyring = parseTokenKeys(`${current},${old}`)

interface Stored {
  place: Place
  sealed: SealedText
}

const places: Place[] = ['athlete_1', 'athlete_2'].flatMap((athleteId) =>
  ['link_1', 'link_2'].flatMap((linkId) =>
    (['accessToken', 'refreshToken'] as const).map((field) => ({ athleteId, linkId, field })),
  ),
)
/** Each place twice under each key, as a token and its successor are. */
const stored: Stored[] = [`${current},${old}`, `${old},${current}`].flatMap((keys) =>
  [...places, ...places].map((place) => ({
    place,
    sealed: sealText(randomBytes(20).toString('hex'), place, parseTokenKeys(keys)),
  })),
)

const binary = ['wrappedKey', 'wrapIv', 'wrapTag', 'iv', 'ciphertext', 'tag'] as const
const one = fc.constantFrom(...stored)
const part = fc.constantFrom(...binary)
const parts = fc.subarray([...binary], { minLength: 1, maxLength: binary.length - 1 })

const withBytes = (
  sealed: SealedText,
  field: (typeof binary)[number],
  change: (bytes: Buffer) => Buffer,
): SealedText => ({
  ...sealed,
  [field]: change(Buffer.from(sealed[field], 'base64')).toString('base64'),
})

const flip = (position: number) => (bytes: Buffer) => {
  const bit = position % (bytes.length * 8)
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return bytes
}

/** What is put where, in words: what opens names how it got there. */
const attack = fc.oneof(
  fc.tuple(one, part, fc.nat()).map(([{ place, sealed }, field, position]) => ({
    what: `one bit of ${field} changed`,
    place,
    sealed: withBytes(sealed, field, flip(position)),
  })),
  fc.tuple(one, part, fc.nat({ max: 15 })).map(([{ place, sealed }, field, length]) => ({
    what: `${field} cut to ${length} bytes`,
    place,
    sealed: withBytes(sealed, field, (bytes) => bytes.subarray(0, Math.min(length, bytes.length - 1))),
  })),
  fc.tuple(one, part, fc.uint8Array({ minLength: 1, maxLength: 64 })).map(([{ place, sealed }, field, more]) => ({
    what: `${field} made longer`,
    place,
    sealed: withBytes(sealed, field, (bytes) => Buffer.concat([bytes, more])),
  })),
  fc.tuple(one, one).map(([{ place }, { place: from, sealed }]) => ({
    what: `${JSON.stringify(from)} put in another place`,
    place,
    sealed,
  })),
  fc.tuple(one, one, parts).map(([{ place, sealed }, other, swapped]) => ({
    what: `${swapped} taken from another`,
    place,
    sealed: { ...sealed, ...Object.fromEntries(swapped.map((field) => [field, other.sealed[field]])) },
  })),
  fc.tuple(one, fc.constantFrom('k1', 'k2', 'k3', '')).map(([{ place, sealed }, kid]) => ({
    what: `said to be under ${kid}`,
    place,
    sealed: { ...sealed, kid },
  })),
  one.map(({ place }) => ({
    what: 'sealed under a key of the attacker',
    place,
    sealed: sealText('a'.repeat(40), place, parseTokenKeys(foreign)),
  })),
  fc.tuple(one, fc.integer({ min: 0, max: 9 })).map(([{ place, sealed }, v]) => ({
    what: `format ${v}`,
    place,
    sealed: { ...sealed, v },
  })),
)

/** A swap with itself, or of one token for another that belongs in the same place. */
const isHarmless = ({ place, sealed }: Stored): boolean =>
  stored.some((known) => {
    const isSameText = JSON.stringify(known.sealed) === JSON.stringify(sealed)
    return isSameText && JSON.stringify(known.place) === JSON.stringify(place)
  })

const isOpened = ({ place, sealed }: Stored): boolean => {
  try {
    openText(sealed, place, keyring)
    return true
  } catch (error) {
    if (error instanceof SealBrokenError) return false
    throw error
  }
}

test(`of ${attacks} changed or swapped tokens none opens`, { timeout: 600_000 }, () => {
  expect(stored.every(isOpened)).toBe(true)
  let tried = 0
  const opened: string[] = []
  fc.assert(
    fc.property(attack, ({ what, ...attempt }) => {
      fc.pre(!isHarmless(attempt))
      tried += 1
      if (isOpened(attempt)) opened.push(what)
    }),
    { numRuns: attacks },
  )
  expect(opened).toEqual([])
  expect(tried).toBeGreaterThanOrEqual(attacks)
})
