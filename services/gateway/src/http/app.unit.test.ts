import { createServer, get } from 'node:http'
import { listen } from '@slipstream/runtime'
import { expect, onTestFinished, test } from 'vitest'
import { createApp } from './app.ts'
import { createSecurityHeaders } from './security-headers.ts'

const unused = async (): Promise<never> => {
  throw new Error('nobody signs in here')
}

/** The caller's address and protocol, as a gateway behind so many trusted proxies sees them. */
const seenBehind = async (trustedProxyHops: number, headers: Record<string, string>): Promise<unknown> => {
  const app = createApp({
    routes: [
      {
        access: 'unguarded',
        method: 'get',
        path: '/whoami',
        handle: (request, response) => {
          response.json({ ip: request.ip, protocol: request.protocol })
        },
      },
    ],
    files: (_request, _response, next) => next(),
    headers: createSecurityHeaders({
      publicUrl: 'https://gateway.example',
      issuer: 'https://issuer.example',
      buttonImage: null,
    }),
    trustedProxyHops,
    corsOrigins: [],
    authenticate: unused,
    limiter: { count: unused },
    keyedRequests: { claim: unused, keep: unused, release: unused },
    publicUrl: 'https://gateway.example',
    isStoreUp: () => true,
    facts: { answered: () => {}, requestFailed: () => {}, answerNotKept: () => {} },
  })
  const server = createServer(app)
  const port = await listen(server, { port: 0, host: '127.0.0.1', settings: { port: 'PORT' } })
  onTestFinished(() => void server.close())
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/whoami', headers }, async (response) => {
      const chunks = await response.toArray()
      resolve(JSON.parse(Buffer.concat(chunks).toString()))
    }).on('error', reject)
  })
}

// Each proxy adds the address it hears; what stands before those was written by the caller.
const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 192.0.2.2', 'x-forwarded-proto': 'https' }

test.each([
  [0, { ip: '127.0.0.1', protocol: 'http' }],
  [1, { ip: '192.0.2.2', protocol: 'https' }],
  [2, { ip: '198.51.100.7', protocol: 'https' }],
])('behind %i trusted proxies the caller is who the furthest of them heard', async (hops, seen) => {
  expect(await seenBehind(hops, forwarded)).toEqual(seen)
})

test('a caller alone cannot choose an address by writing the header itself', async () => {
  const spoofed = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }
  expect(await seenBehind(0, spoofed)).toEqual({ ip: '127.0.0.1', protocol: 'http' })
})
