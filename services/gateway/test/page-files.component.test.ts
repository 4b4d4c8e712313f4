import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from './support/system.ts'

const script = `export const words = ${JSON.stringify(Array.from({ length: 8_000 }, (_, index) => `word ${index}`))}\n`
const pageFolder = mkdtempSync(join(tmpdir(), 'slipstream-page-'))
let system: System

beforeAll(async () => {
  mkdirSync(join(pageFolder, 'assets'))
  writeFileSync(join(pageFolder, 'assets', 'index-1234.js'), script)
  writeFileSync(
    join(pageFolder, 'index.html'),
    `<!doctype html><script type="application/json" id="config"></script>${'<p>text</p>'.repeat(200)}`,
  )
  system = await startSystem({ overrides: { pageFolder } })
})
afterAll(async () => {
  await system.stop()
  rmSync(pageFolder, { recursive: true })
})

/** What goes over the wire; fetch would unpack it. */
const get = (path: string, headers: Record<string, string>) =>
  new Promise<{ response: IncomingMessage; bytes: Buffer }>((resolve, reject) => {
    const sent = httpRequest(`${system.url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ response, bytes: Buffer.concat(chunks) }))
    })
    sent.on('error', reject).end()
  })

describe('files go out compressed', () => {
  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('as %s', async (encoding, unpack) => {
    const { response, bytes } = await get('/assets/index-1234.js', { 'accept-encoding': encoding })
    expect(response.headers).toMatchObject({
      'content-encoding': encoding,
      vary: 'Accept-Encoding',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(bytes.length).toBeLessThan(script.length / 3)
    expect(unpack(bytes).toString()).toBe(script)
  })

  test('as they are for who asks for nothing else, and never in parts', async () => {
    const { response, bytes } = await get('/assets/index-1234.js', { range: 'bytes=0-9' })
    expect(response.statusCode).toBe(200)
    expect(response.headers.vary).toBe('Accept-Encoding')
    expect(bytes.toString()).toBe(script)
  })

  test.each(['/', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css'])('%s', async (path) => {
    const plain = await get(path, {})
    const compressed = await get(path, { 'accept-encoding': 'br, gzip' })
    expect(compressed.response.headers['content-encoding']).toBe('br')
    expect(compressed.bytes.length).toBeLessThan(plain.bytes.length / 2)
  })
})

test('the page has in it what it needs to know, as data', async () => {
  const { bytes } = await get('/', {})
  const [, config = ''] =
    /<script type="application\/json" id="config">([^<]*)<\/script><p>/.exec(bytes.toString()) ?? []
  expect(JSON.parse(config)).toEqual(await (await system.call(null, 'GET', '/config.json')).json())
})

test('answers of the API go out as they are: their length would tell of the secrets in them', async () => {
  const athlete = await system.signIn('anna')
  const headers = { authorization: `Bearer ${athlete.token}`, 'accept-encoding': 'br, gzip' }
  for (const path of ['/api/v1/export', '/api/v1/training-load', '/api/v1/nothing', '/config.json']) {
    const { response } = await get(path, headers)
    expect(response.headers['content-encoding'], path).toBeUndefined()
  }
})

describe('the page opened under another name', () => {
  test.each(['127.0.0.1', '[::1]', 'thinkpad.lan', 'evil.example'])('%s is led home', async (name) => {
    const { response, bytes } = await get('/?code=secret', { host: `${name}:${system.gateway.port}` })
    expect(response.statusCode).toBe(307)
    expect(response.headers.location).toBe(`${system.url}/`)
    expect(response.headers['cache-control']).toBe('no-store')
    expect(bytes.toString()).not.toContain(name)
  })

  test.each(['/api/v1/nothing', '/docs', '/errors', '/config.json', '/assets/index-1234.js'])(
    '%s stays where it is',
    async (path) => {
      const { response } = await get(path, { host: `127.0.0.1:${system.gateway.port}` })
      expect(response.statusCode).not.toBe(307)
    },
  )

  test('and under its own it is shown', async () => {
    expect((await get('/?strava=linked', {})).response.statusCode).toBe(200)
  })
})
