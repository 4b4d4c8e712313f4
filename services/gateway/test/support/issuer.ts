import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'

export const audience = 'slipstream-test'

interface SigningKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  publicJwk: JWK
}

export const makeKey = async (kid: string, alg = 'ES256'): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export interface MintOptions {
  header?: Partial<JWTHeaderParameters> & Record<string, unknown>
  /** Over the usual claims; `undefined` removes one. */
  claims?: Record<string, unknown>
  key?: SigningKey
}

/** An OpenID Connect issuer as far as a resource server sees it: discovery and keys; counts what is asked of it. */
export const startTestIssuer = async () => {
  const keys = [await makeKey('first')]
  const asked = { discovery: 0, jwks: 0 }
  const state = { isDown: false, metadata: {} as Record<string, unknown> }
  const server = createServer((request, response) => {
    if (state.isDown) return response.writeHead(503).end()
    response.setHeader('content-type', 'application/json')
    if (request.url === '/.well-known/openid-configuration') {
      asked.discovery += 1
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks`, ...state.metadata }))
    } else if (request.url === '/jwks') {
      asked.jwks += 1
      response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const mint = async (subject: string, { header = {}, claims = {}, key = keys[0]! }: MintOptions = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: url, aud: audience, sub: subject, iat: now, exp: now + 3600, client_id: 'test', jti: subject }
    const payload = Object.fromEntries(
      Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined),
    )
    return await new SignJWT(payload)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
      .sign(key.privateKey)
  }
  return {
    url,
    keys,
    asked,
    state,
    mint,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export type TestIssuer = Awaited<ReturnType<typeof startTestIssuer>>
