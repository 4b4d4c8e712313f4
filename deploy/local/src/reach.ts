import { resolveSrv } from 'node:dns/promises'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '@slipstream/embedded'

export interface ServerAddress {
  host: string
  port: number
}

const authority = /^([a-z+]+):\/\/(?:[^/?@]*@)?([^/?]+)/

const addressOf = (text: string, usualPort: number): ServerAddress => {
  // Of no scheme that has a usual port of its own, which would be left out.
  const { hostname, port } = new URL(`server://${text}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usualPort }
}

/** The servers that a connection string of MongoDB names, be it by a record of the name service. */
export const serversOfMongo = async (uri: string): Promise<ServerAddress[]> => {
  const [, scheme, hosts = ''] = authority.exec(uri) ?? []
  if (scheme === 'mongodb+srv') {
    const records = await resolveSrv(`_mongodb._tcp.${hosts}`)
    return records.map(({ name, port }) => ({ host: name, port }))
  }
  return hosts.split(',').map((host) => addressOf(host, 27_017))
}

export const serversOfNats = async (urls: string): Promise<ServerAddress[]> =>
  urls.split(',').map((url) => addressOf(authority.exec(url)?.[2] ?? '', 4222))

const attemptMs = 2_000
const pauseMs = 200

/** Null once the connection stands, else the system's code for why not. */
const failureAt = ({ host, port }: ServerAddress): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: attemptMs })
    const end = (failure: string | null) => {
      resolve(failure)
      socket.destroy()
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end('ETIMEDOUT'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })

const meanings: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'nothing answers there',
  ENOTFOUND: 'there is no host of this name',
  ENODATA: 'there is no host of this name',
  EAI_AGAIN: 'the name service does not answer',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
}

/** Null if one of the servers answers, else a sentence about each: `127.0.0.1:1 (nothing listens there, ECONNREFUSED)`. */
const askOnce = async (servers: () => Promise<ServerAddress[]>): Promise<string | null> => {
  const explain = (code: string) => `(${meanings[code] ?? 'it cannot be reached'}, ${code})`
  try {
    const tries = (await servers()).map(async (server) => {
      const failure = await failureAt(server)
      return failure === null ? null : `${server.host}:${server.port} ${explain(failure)}`
    })
    const failures = await Promise.all(tries)
    return failures.includes(null) ? null : failures.join('; ')
  } catch (error) {
    return explain((error as NodeJS.ErrnoException).code ?? 'unknown')
  }
}

/**
 * Whether one of the servers can be reached; null if so, else one sentence under the setting's name. A server may be on
 * its way up, so it is asked until `limitMs` have passed.
 */
export const reachProblem = async (
  name: string,
  servers: () => Promise<ServerAddress[]>,
  { limitMs, signal, log }: { limitMs: number; signal: AbortSignal; log: Log },
): Promise<string | null> => {
  const startedAt = performance.now()
  for (let tries = 1; ; tries += 1) {
    const failure = await askOnce(servers)
    if (failure === null) return null
    const isOver = performance.now() - startedAt >= limitMs
    if (isOver) return `${name}: no server answers${limitMs > 0 ? ` within ${limitMs / 1000} s` : ''}: ${failure}`
    if (tries === 1) log(`${name}: no server answers yet, waiting up to ${limitMs / 1000} s for it`)
    await delay(pauseMs, undefined, { signal })
  }
}
