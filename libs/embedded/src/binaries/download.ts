import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatMegabytes, withProgress } from './progress.ts'
import type { FetchContext } from './spec.ts'

/** An unreachable host has to be found out quickly: another source is waiting. */
const connectTimeoutMs = 4_000
const silenceTimeoutMs = 15_000

const get = async (url: string, signal: AbortSignal): Promise<Response> => {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response
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
 * @throws after about 4 s when the host does not answer, after 15 s without a byte, or when the checksum differs
 */
export const downloadChecked = async (
  url: string,
  checksumUrl: string,
  { workDir, log, signal }: FetchContext,
): Promise<string> => {
  const file = basename(new URL(url).pathname)
  const giveUp = new AbortController()
  const stalled = (ms: number) => setTimeout(() => giveUp.abort(new Error(`no answer within ${ms / 1000} s`)), ms)
  const anySignal = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal
  let timer = stalled(connectTimeoutMs)
  try {
    const sums = await (await get(checksumUrl, anySignal)).text()
    const expected = hashFor(sums, file)
    if (!expected) throw new Error(`${checksumUrl} has no SHA-256 for ${file}`)

    const response = await get(url, anySignal)
    const { body } = response
    if (!body) throw new Error(`${url} answered without a body`)
    const totalBytes = Number(response.headers.get('content-length')) || null
    log(`downloading ${file}${totalBytes ? ` (${formatMegabytes(totalBytes)})` : ''}`)
    const hash = createHash('sha256')
    let bytes = 0
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        hash.update(chunk)
        clearTimeout(timer)
        timer = stalled(silenceTimeoutMs)
        done(null, chunk)
      },
    })
    const target = join(workDir, file)
    await withProgress({ log, totalBytes, doneBytes: () => bytes }, () =>
      pipeline(Readable.fromWeb(body), count, createWriteStream(target), { signal: anySignal }),
    )
    if (hash.digest('hex') !== expected) throw new Error(`${file} does not match its published SHA-256`)
    return target
  } catch (error) {
    throw giveUp.signal.aborted
      ? new Error(`${url}: ${(giveUp.signal.reason as Error).message}`, { cause: error })
      : error
  } finally {
    clearTimeout(timer)
  }
}
