import { hash, randomBytes } from 'node:crypto'

/** Makes an opaque id such as `run_3f2a…`: 128 random bits in hex, safe as a NATS subject token and in a URL. */
export type NewId = (prefix: string) => string

export const newId: NewId = (prefix) => `${prefix}_${randomBytes(16).toString('hex')}`

/** A one-time secret: 32 random bytes, base64url, 43 characters (OWASP ASVS 11.5.1 asks for at least 128 bits). */
export const newOneTimeSecret = (): string => randomBytes(32).toString('base64url')

/** SHA-256 in hex; how one-time secrets are kept at rest. */
export const sha256 = (text: string): string => hash('sha256', text)
