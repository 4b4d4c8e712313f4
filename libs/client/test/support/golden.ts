import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An event as a release published it. */
export interface GoldenEvent {
  subject: string
  headers: Record<string, string>
  data: Record<string, unknown>
}

const folder = join(import.meta.dirname, '../../../contracts/golden/0.1/events')

export const goldenEvents = (type: string): GoldenEvent[] =>
  JSON.parse(readFileSync(join(folder, `${type}.json`), 'utf8'))

/** The first event of a type that release 0.1 published, with other headers and fields where they are given. */
export const golden = (
  type: string,
  { headers = {}, data = {} }: { headers?: Record<string, string>; data?: Record<string, unknown> } = {},
): GoldenEvent => {
  const [event] = goldenEvents(type)
  if (event === undefined) throw new Error(`no golden event of ${type}`)
  const all = { ...event.data, ...data }
  return { subject: `${type}.${all.athleteId}`, headers: { ...event.headers, ...headers }, data: all }
}
