import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'

/** As a page or an app would bundle it. */
const bundled = async (): Promise<string> => {
  const entry = join(import.meta.dirname, '../src/index.ts')
  const [{ output }] = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  })) as [Rolldown.RolldownOutput]
  return output.map((part) => (part.type === 'chunk' ? part.code : '')).join('')
}

test('the HTTP client is small and pulls in nothing that a page or an app has no use for', async () => {
  const code = await bundled()
  expect(gzipSync(code).length).toBeLessThan(6_500)
  expect(code).not.toMatch(/from\s*["']|jetstream|\$JS\.|ajv/i)
})
