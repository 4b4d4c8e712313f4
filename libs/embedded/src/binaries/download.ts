import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatMegabytes, withProgress } from './progress.ts'
import type { FetchContext } from './spec.ts'

/** An unreachable host has to be found out quickly: another source is waiting. */
const connectTimeoutMs = 4_000
const silenceTimeoutMs = 15_000

/**
 * Asks for a file and reads it as it comes. `totalBytes` is null where the host does not say.
 * @throws after about 4 s when the host does not answer, after 15 s without a byte, and when its answer is not 2xx
 */
export const receive = async <T>(
  url: string,
  signal: AbortSignal | undefined,
  read: (body: AsyncIterable<Uint8Array>, totalBytes: number | null) => Promise<T>,
): Promise<T> => {
  const giveUp = new AbortController()
  const stalled = (ms: number) => setTimeout(() => giveUp.abort(new Error(`no answer within ${ms / 1000} s`)), ms)
  let timer = stalled(connectTimeoutMs)
  async function* watched(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      clearTimeout(timer)
      timer = stalled(silenceTimeoutMs)
      yield chunk
    }
  }
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    if (!response.body) throw new Error(`${url} answered without a body`)
    return await read(watched(response.body), Number(response.headers.get('content-length')) || null)
  } catch (error) {
    throw giveUp.signal.aborted
      ? new Error(`${url}: ${(giveUp.signal.reason as Error).message}`, { cause: error })
      : error
  } finally {
    clearTimeout(timer)
  }
}

/** Finds the SHA-256 of a file in the format of `sha256sum`; a list of one may leave the name out. */
export const hashFor = (sums: string, file: string): string | null => {
  const lines = sums.trim().split(/\r?\n/)
  for (const line of lines) {
    const [hash = '', name] = line.trim().split(/\s+\*?/)
    const isRightFile = name === file || (name === undefined && lines.length === 1)
    if (isRightFile && /^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase()
  }
  return null
}

/**
 * Downloads a file into the work folder and checks it against the checksum published beside it.
 * @throws as `receive`, and when the checksum differs
 */
export const downloadChecked = async (
  url: string,
  checksumUrl: string,
  { workDir, log, signal }: FetchContext,
): Promise<string> => {
  const file = basename(new URL(url).pathname)
  const sums = await receive(checksumUrl, signal, async (body) => Buffer.concat(await Array.fromAsync(body)).toString())
  const expected = hashFor(sums, file)
  if (!expected) throw new Error(`${checksumUrl} has no SHA-256 for ${file}`)

  const target = join(workDir, file)
  const hash = createHash('sha256')
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await receive(url, signal, (body, totalBytes) => {
    log(`downloading ${file}${totalBytes ? ` (${formatMegabytes(totalBytes)})` : ''}`)
    return withProgress({ log, totalBytes, doneBytes: () => bytes }, () =>
      pipeline(body, count, createWriteStream(target)),
    )
  })
  if (hash.digest('hex') !== expected) throw new Error(`${file} does not match its published SHA-256`)
  return target
}
