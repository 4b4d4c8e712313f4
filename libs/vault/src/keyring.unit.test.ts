import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseTokenKeys, TokenKeysError } from './keyring.ts'

const newKey = () => randomBytes(32).toString('base64')

const refusalOf = (text: string): string => {
  try {
    parseTokenKeys(text)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenKeysError)
    return (error as Error).message
  }
  throw new Error('the keys were accepted')
}

describe('parseTokenKeys', () => {
  test('the first entry is the primary, the others are found by their kid', () => {
    const [first, second] = [newKey(), newKey()]
    const keyring = parseTokenKeys(`2026-11:${first}, 2026-05:${second}`)
    expect(keyring.primary.kid).toBe('2026-11')
    expect(keyring.find('2026-05')?.key.export().toString('base64')).toBe(second)
    expect(keyring.find('2025')).toBeUndefined()
  })

  test.each([
    ['', /entry 1 must be kid:base64/],
    [newKey(), /entry 1 must be kid:base64/],
    [`a:${newKey()},`, /entry 2 must be kid:base64/],
    [`b c:${newKey()}`, /entry 1 must be kid:base64/],
    [`:${newKey()}`, /entry 1 must be kid:base64/],
    ['short:AAAA', /entry 1 \(kid short\)/],
    [`long:${randomBytes(33).toString('base64')}`, /entry 1 \(kid long\)/],
    [`a:${newKey()},bad:${newKey()}!`, /entry 2 \(kid bad\)/],
    [`a:${newKey()},a:${newKey()}`, /entry 2 repeats the kid a/],
  ])('refuses entry %#', (text, message) => {
    expect(refusalOf(text)).toMatch(message)
  })

  test('a refusal never holds a key, not even one in the place of a kid', () => {
    const key = newKey()
    for (const text of [key, `${key}:a`, `a:${key}x`, `a:${key},a:${key}`]) {
      expect(refusalOf(text)).not.toContain(key.slice(0, 8))
    }
  })

  test('a keyring shows no key when it is printed', () => {
    const key = newKey()
    const keyring = parseTokenKeys(`a:${key}`)
    const shown = `${inspect(keyring, { depth: 9, showHidden: true })}${JSON.stringify(keyring)}`
    expect(shown).not.toContain(key)
    expect(shown).not.toContain(Buffer.from(key, 'base64').toString('hex'))
  })
})
