import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { listen } from '@slipstream/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const register = import.meta.resolve('@slipstream/telemetry/register')
const sources = import.meta.resolve('../src/index.ts')

/** Runs the lines in a process of their own, which is started as a service is. @returns what they print as JSON */
const runTraced = async (lines: string, env: Record<string, string> = {}): Promise<unknown> => {
  const noteLoaded = `import { registerHooks } from 'node:module'
    globalThis.loaded = []
    registerHooks({ load: (url, context, next) => { globalThis.loaded.push(url); return next(url, context) } })`
  const { stdout } = await run(
    process.execPath,
    [
      ...['--import', `data:text/javascript,${encodeURIComponent(noteLoaded)}`, '--import', register],
      ...[
        '--input-type=module',
        '--eval',
        `import { currentTraceparent, endTracing, withSpan } from '${sources}'\n${lines}`,
      ],
    ],
    { env },
  )
  return JSON.parse(stdout)
}

const heavy = [
  ...['sdk-node', 'sdk-logs', 'sdk-metrics', 'instrumentation', 'exporter', 'otlp'].map(
    (name) => `@opentelemetry/${name}`,
  ),
  'in-the-middle',
]
const loadedOf = `globalThis.loaded.filter((url) => ${JSON.stringify(heavy)}.some((part) => url.includes(part))).length`
const printLoaded = `await withSpan('work', {}, async () => {
  console.log(JSON.stringify({ traceparent: currentTraceparent(), heavy: ${loadedOf} }))
})`
const traceparent = expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)

describe('loaded before a service', () => {
  it('gives trace ids, and loads nothing heavy without an endpoint', async () => {
    expect(await runTraced(printLoaded)).toEqual({ traceparent, heavy: 0 })
  })

  it('loads the SDK with one', async () => {
    const { heavy: parts } = (await runTraced(`${printLoaded}; process.exit()`, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    })) as { heavy: number }
    expect(parts).toBeGreaterThan(10)
  })

  it('leaves an endpoint that is no address to the service, which lists it with all else that is wrong', async () => {
    expect(await runTraced(printLoaded, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toEqual({
      traceparent,
      heavy: 0,
    })
  })

  it('waits no longer than 3 s at the end for a collector that does not answer', async () => {
    const silent = createServer()
    const port = await listen(silent, { port: 0, host: '127.0.0.1', settings: { port: 'PORT' } })
    onTestFinished(() => {
      silent.close()
    })
    const connected = once(silent, 'connection')
    const ending = `await withSpan('work', {}, async () => {})
      const startedAt = performance.now()
      await endTracing()
      console.log(JSON.stringify(performance.now() - startedAt))
      process.exit()`
    const waitedMs = await runTraced(ending, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })
    await connected
    expect(waitedMs).toBeGreaterThan(2_900)
    // The exporter itself would try for 10 s.
    expect(waitedMs).toBeLessThan(8_000)
  })
})
