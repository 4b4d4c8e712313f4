import { createSecretKey, type KeyObject } from 'node:crypto'

/** `key` shows nothing of itself when it is printed or serialised. */
export interface WrappingKey {
  readonly kid: string
  readonly key: KeyObject
}

/** The keys that wrap data keys. New writes use the primary; the others only open what was written under them. */
export interface Keyring {
  readonly primary: WrappingKey
  /** The key ids behind the primary. */
  readonly others: readonly string[]
  find(kid: string): WrappingKey | undefined
}

/** `TOKEN_KEYS` cannot be used. `message` names entries by position and key id, and never holds any of a key. */
export class TokenKeysError extends Error {
  override readonly name = 'TokenKeysError'
  readonly code = 'token_keys_invalid'
}

const kidPattern = /^[A-Za-z0-9._-]{1,32}$/
const keyBytes = 32

const parseEntry = (entry: string, position: number): WrappingKey => {
  const separator = entry.indexOf(':')
  const kid = entry.slice(0, Math.max(separator, 0))
  // Without a proper key id the text before the colon may be a misplaced key, so it is not repeated.
  if (!kidPattern.test(kid)) {
    throw new TokenKeysError(`entry ${position} must be kid:base64, the kid of 1 to 32 letters, digits, ".", "_", "-"`)
  }
  const encoded = entry.slice(separator + 1)
  const key = Buffer.from(encoded, 'base64')
  if (key.length !== keyBytes || key.toString('base64') !== encoded) {
    throw new TokenKeysError(`entry ${position} (kid ${kid}): the key must be ${keyBytes} bytes in base64`)
  }
  return { kid, key: createSecretKey(key) }
}

/**
 * Reads `kid:base64-of-32-bytes`, comma separated; the first is the primary.
 * @throws TokenKeysError for the first entry that is wrong, and for a kid that appears twice
 */
export const parseTokenKeys = (text: string): Keyring => {
  const [first = '', ...others] = text.split(',').map((entry) => entry.trim())
  const primary = parseEntry(first, 1)
  const keys = new Map([[primary.kid, primary]])
  for (const [index, entry] of others.entries()) {
    const parsed = parseEntry(entry, index + 2)
    if (keys.has(parsed.kid)) throw new TokenKeysError(`entry ${index + 2} repeats the kid ${parsed.kid}`)
    keys.set(parsed.kid, parsed)
  }
  return { primary, others: [...keys.keys()].slice(1), find: (kid) => keys.get(kid) }
}
