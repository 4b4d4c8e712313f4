import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { summarise } from './report.ts'

export interface Request {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 512 })

interface Answer {
  ms: number
  isGood: boolean
}

/** By node:http, as `fetch` alone would be the slowest part of what is measured. */
const send = ({ url, method = 'GET', headers = {}, body }: Request): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const call: ClientRequest = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      response.resume()
      response.on('end', () => resolve({ ms: performance.now() - startedAt, isGood: response.statusCode === 200 }))
    })
    call.on('error', reject)
    call.end(body)
  })

interface Slice {
  callers: number
  durationMs: number
}

/** As many as are answered, so many at once. @returns good answers a second */
export const throughput = async (next: () => Request, { callers, durationMs }: Slice): Promise<number> => {
  const startedAt = performance.now()
  let answered = 0
  const call = async () => {
    while (performance.now() - startedAt < durationMs) {
      const { isGood } = await send(next())
      if (isGood) answered += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return (1_000 * answered) / (performance.now() - startedAt)
}

/**
 * Answers a second of ours and of the bare server, turn by turn, so that what else the machine does meets both; `shares` are
 * those of each turn. The first turn also warms both up, and is not counted.
 */
export const inTurns = async (
  runs: number,
  { ours, bare }: { ours: () => Request; bare: () => Request },
  slice: Slice,
) => {
  const rates: { ours: number; bare: number }[] = []
  for (let run = -1; run < runs; run += 1) {
    const rate = { bare: await throughput(bare, slice), ours: await throughput(ours, slice) }
    if (run >= 0) rates.push(rate)
  }
  return {
    ours: summarise(rates.map((rate) => rate.ours)),
    bare: summarise(rates.map((rate) => rate.bare)),
    shares: summarise(rates.map((rate) => rate.ours / rate.bare)),
  }
}

/**
 * Sends at a constant rate, whether answers come or not.
 * @returns for each how long its answer took, counted from when its turn was, so that a sender that is late itself hides nothing
 */
export const steadily = async (
  next: () => Request,
  { ratePerSecond, durationMs }: { ratePerSecond: number; durationMs: number },
): Promise<Answer[]> => {
  const startedAt = performance.now()
  const answers: Promise<Answer>[] = []
  const total = Math.round((ratePerSecond * durationMs) / 1_000)
  while (answers.length < total) {
    const dueByNow = Math.min(total, Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1_000))
    while (answers.length < dueByNow) {
      const lateMs = performance.now() - startedAt - (answers.length * 1_000) / ratePerSecond
      answers.push(send(next()).then(({ ms, isGood }) => ({ ms: ms + lateMs, isGood })))
    }
    await delay(1)
  }
  return await Promise.all(answers)
}
