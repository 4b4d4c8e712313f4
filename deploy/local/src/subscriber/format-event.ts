import { printable } from './printable.ts'

/** The part of a message's headers that is needed here. */
interface Headers {
  get(name: string): string
}

const compact = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return body // not an event of ours; still worth seeing
  }
}

/** When it happened, or now where the message does not say. */
const timeOf = (told: string, now: Date): Date => {
  const time = new Date(told)
  return Number.isNaN(time.getTime()) ? now : time
}

/** One line: time, subject, CloudEvents type and id (`-` where absent), data. */
export const formatEvent = (subject: string, headers: Headers | undefined, body: string, now: Date): string => {
  const header = (name: string) => headers?.get(name) || '-'
  const time = timeOf(header('ce-time'), now).toTimeString().slice(0, 8)
  return printable([time, subject, header('ce-type'), header('ce-id'), compact(body)].join('  '))
}
