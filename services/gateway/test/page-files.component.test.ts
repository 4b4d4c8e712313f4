import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from './support/system.ts'

const script = `export const words = ${JSON.stringify(Array.from({ length: 8_000 }, (_, index) => `word ${index}`))}\n`
const pageFolder = mkdtempSync(join(tmpdir(), 'slipstream-page-'))
const docsFolder = join(pageFolder, 'docs')
let system: System

beforeAll(async () => {
  mkdirSync(join(pageFolder, 'assets'))
  writeFileSync(join(pageFolder, 'assets', 'index-1234.js'), script)
  writeFileSync(
    join(pageFolder, 'index.html'),
    `<!doctype html><script type="application/json" id="config"></script>${'<p>text</p>'.repeat(200)}`,
  )
  mkdirSync(join(docsFolder, 'concepts'), { recursive: true })
  writeFileSync(
    join(docsFolder, 'concepts', 'index.html'),
    `<!doctype html><title>Concepts</title>${'<p>text</p>'.repeat(200)}`,
  )
  writeFileSync(join(docsFolder, 'llms.txt'), '# Slipstream\n')
  system = await startSystem({ overrides: { pageFolder, docsFolder } })
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

  test.each(['/', '/docs/concepts/', '/docs/api/swagger-ui-bundle.js', '/docs/api/swagger-ui.css'])(
    '%s',
    async (path) => {
      const plain = await get(path, {})
      const compressed = await get(path, { 'accept-encoding': 'br, gzip' })
      expect(compressed.response.headers['content-encoding']).toBe('br')
      expect(compressed.bytes.length).toBeLessThan(plain.bytes.length / 2)
    },
  )
})

describe('the documents', () => {
  test('are found without the last slash, too', async () => {
    const { response } = await get('/docs/concepts', {})
    expect(response.statusCode).toBe(301)
    expect(response.headers.location).toBe('/docs/concepts/')
  })

  test('llms.txt is at the root, and what else lies in their folder is not', async () => {
    const { response, bytes } = await get('/llms.txt', {})
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(bytes.toString()).toBe('# Slipstream\n')
    expect((await get('/concepts/', {})).response.statusCode).toBe(404)
  })

  test('one that is not there is a problem, as everywhere', async () => {
    const { response } = await get('/docs/nothing/', {})
    expect(response.statusCode).toBe(404)
    expect(response.headers['content-type']).toContain('application/problem+json')
  })
})

test.each(['/openapi.json', '/asyncapi.json'])('%s is JSON for everybody', async (path) => {
  const { response, bytes } = await get(path, {})
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(JSON.parse(bytes.toString())).toMatchObject({ info: { version: '1.0.0' } })
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
