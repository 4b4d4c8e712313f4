import { randomBytes } from 'node:crypto'
import type { SealedText } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openText, type Place, SealBrokenError, sealText } from './envelope.ts'
import { parseTokenKeys } from './keyring.ts'

const entry = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`
const [old, current, unknown] = [entry('k1'), entry('k2'), entry('k3')]
const keyring = parseTokenKeys(`${current},${old}`)

const place: Place = { athleteId: 'athlete_1', linkId: 'link_1', field: 'accessToken' }
const id = fc.stringMatching(/^[a-z]+_[0-9a-f]{4}$/)
const anyPlace = fc.record({ athleteId: id, linkId: id, field: fc.constantFrom('accessToken', 'refreshToken') })

const binaryFields = ['wrappedKey', 'wrapIv', 'wrapTag', 'iv', 'ciphertext', 'tag'] as const

const flipBit = (sealed: SealedText, field: (typeof binaryFields)[number], position: number): SealedText => {
  const bytes = Buffer.from(sealed[field], 'base64')
  const bit = position % (bytes.length * 8)
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return { ...sealed, [field]: bytes.toString('base64') }
}

const expectBroken = (sealed: SealedText, at: Place = place) =>
  expect(() => openText(sealed, at, keyring)).toThrow(SealBrokenError)

describe('a sealed text', () => {
  test('opens in its place to what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), anyPlace, (text, at) => {
        expect(openText(sealText(text, at, keyring), at, keyring)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test('does not open with any one bit changed', () => {
    const sealed = sealText('a'.repeat(40), place, keyring)
    fc.assert(
      fc.property(fc.constantFrom(...binaryFields), fc.nat(), (field, position) => {
        expectBroken(flipBit(sealed, field, position))
      }),
      { numRuns: 4_000 },
    )
  })

  test('does not open with any character changed, cut or added, which lenient base64 would forgive', () => {
    const sealed = sealText('a'.repeat(40), place, keyring)
    const change = fc.constantFrom(
      (text: string, at: number, character: string) => text.slice(0, at) + character + text.slice(at + 1),
      (text: string, at: number, character: string) => text.slice(0, at) + character + text.slice(at),
      (text: string, at: number) => text.slice(0, at) + text.slice(at + 1),
      (text: string, at: number) => text.slice(0, at),
    )
    const character = fc.constantFrom(...'ABCxyz019+/=-_ \n')
    fc.assert(
      fc.property(fc.constantFrom(...binaryFields), fc.nat(), change, character, (field, position, apply, other) => {
        const changed = apply(sealed[field], position % sealed[field].length, other)
        fc.pre(changed !== sealed[field])
        expectBroken({ ...sealed, [field]: changed })
      }),
      { numRuns: 3_000 },
    )
  })

  test('does not open in a place that differs in one part alone', () => {
    const part = fc.constantFrom('athleteId', 'linkId', 'field')
    fc.assert(
      fc.property(anyPlace, anyPlace, part, (home, other, changed) => {
        fc.pre(home[changed] !== other[changed])
        expectBroken(sealText('token', home, keyring), { ...home, [changed]: other[changed] })
      }),
      { numRuns: 2_000 },
    )
  })

  test('does not open when any of its parts come from another text of the same place', () => {
    const [one, other] = [sealText('one', place, keyring), sealText('other', place, keyring)]
    fc.assert(
      fc.property(fc.subarray([...binaryFields], { minLength: 1, maxLength: binaryFields.length - 1 }), (swapped) => {
        expectBroken({ ...one, ...Object.fromEntries(swapped.map((field) => [field, other[field]])) })
      }),
      { numRuns: 500 },
    )
  })

  test('does not open under another key id, an unknown key or an unknown format', () => {
    const sealed = sealText('token', place, keyring)
    expectBroken({ ...sealed, kid: 'k1' })
    expectBroken(sealText('token', place, parseTokenKeys(unknown)))
    expectBroken({ ...sealed, v: 2 })
  })

  test('of before a key rotation still opens, and new ones are sealed under the new key', () => {
    const before = sealText('token', place, parseTokenKeys(old))
    expect(before.kid).toBe('k1')
    expect(openText(before, place, keyring)).toBe('token')
    expect(sealText('token', place, keyring).kid).toBe('k2')
  })

  test('never has a key, an IV or a ciphertext in common with another', () => {
    const texts = Array.from({ length: 500 }, () => sealText('token', place, keyring))
    for (const field of ['wrappedKey', 'wrapIv', 'iv', 'ciphertext'] as const) {
      expect(new Set(texts.map((sealed) => sealed[field])).size).toBe(texts.length)
    }
  })

  test('shows nothing of the token when it is broken', () => {
    const sealed = sealText('canary-token', place, keyring)
    try {
      openText({ ...sealed, tag: sealed.wrapTag }, place, keyring)
      expect.unreachable()
    } catch (error) {
      expect(String((error as Error).stack)).not.toContain('canary')
      expect((error as SealBrokenError).code).toBe('seal_broken')
    }
  })
})
