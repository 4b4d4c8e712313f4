import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import type { SealedText } from '@slipstream/records'
import type { Keyring } from './keyring.ts'

// Each text is encrypted under a fresh key of its own, which in turn is encrypted ("wrapped") by a key of the keyring.
// Random 96-bit IVs are safe for 2^32 uses of one key (NIST SP 800-38D); a key per write keeps far away from that.
// Where the text belongs is authenticated in both layers, so that a value copied elsewhere does not open.

const version = 1
const algorithm = 'aes-256-gcm'
const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

/** The one place where a sealed text opens: a token of a link, the key under which accounts get their ids, an answer to a request. */
export type Place =
  | { athleteId: string; linkId: string; field: 'accessToken' | 'refreshToken' }
  | { athleteId: 'none'; linkId: 'none'; field: 'accountKey' }
  | { athleteId: string; linkId: 'none'; field: `answer:${string}` }

/**
 * A sealed text does not open: unknown or wrong key, another place, or damaged. There is no way on but a person: the
 * message names the key id only.
 */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError'
  readonly code = 'seal_broken'
  /** The key it was sealed under, by its own account. */
  readonly kid: string

  constructor(kid: string, problem: string, options?: ErrorOptions) {
    super(problem, options)
    this.kid = kid
  }
}

const authenticatedData = ({ athleteId, linkId, field }: Place, kid: string): Buffer =>
  Buffer.from(`v${version}|strava|${athleteId}|${linkId}|${field}|${kid}`)

interface Encrypted {
  iv: string
  data: string
  tag: string
}

const encrypt = (key: KeyObject | Buffer, plain: Buffer, authenticated: Buffer): Encrypted => {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(authenticated)
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  return { iv: iv.toString('base64'), data: data.toString('base64'), tag: cipher.getAuthTag().toString('base64') }
}

/** Only the one way in which `encrypt` writes bytes is read: lenient base64 would let an altered text open. */
const decode = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Error('not in canonical base64')
  return bytes
}

const decrypt = (key: KeyObject | Buffer, { iv, data, tag }: Encrypted, authenticated: Buffer): Buffer => {
  const decipher = createDecipheriv(algorithm, key, decode(iv), { authTagLength: tagBytes })
    .setAAD(authenticated)
    .setAuthTag(decode(tag))
  return Buffer.concat([decipher.update(decode(data)), decipher.final()])
}

/** Encrypts under the keyring's primary key. */
export const sealText = (text: string, place: Place, keyring: Keyring): SealedText => {
  const { kid, key } = keyring.primary
  const authenticated = authenticatedData(place, kid)
  const dataKey = randomBytes(keyBytes)
  try {
    const inner = encrypt(dataKey, Buffer.from(text), authenticated)
    const outer = encrypt(key, dataKey, authenticated)
    return {
      v: version,
      kid,
      wrappedKey: outer.data,
      wrapIv: outer.iv,
      wrapTag: outer.tag,
      iv: inner.iv,
      ciphertext: inner.data,
      tag: inner.tag,
    }
  } finally {
    dataKey.fill(0)
  }
}

/** @throws SealBrokenError when the text was not sealed for this place under a key of this keyring, or was altered */
export const openText = (sealed: SealedText, place: Place, keyring: Keyring): string => {
  const { kid } = sealed
  if (sealed.v !== version) throw new SealBrokenError(kid, `format ${sealed.v} is unknown`)
  const wrapping = keyring.find(kid)
  if (!wrapping) throw new SealBrokenError(kid, `key ${kid} is not in the keyring`)
  const authenticated = authenticatedData(place, kid)
  try {
    const outer = { iv: sealed.wrapIv, data: sealed.wrappedKey, tag: sealed.wrapTag }
    const dataKey = decrypt(wrapping.key, outer, authenticated)
    try {
      const inner = { iv: sealed.iv, data: sealed.ciphertext, tag: sealed.tag }
      return decrypt(dataKey, inner, authenticated).toString('utf8')
    } finally {
      dataKey.fill(0)
    }
  } catch (error) {
    throw new SealBrokenError(kid, `a ${place.field} sealed under key ${kid} does not open`, { cause: error })
  }
}
