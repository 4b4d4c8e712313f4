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

/** One line: time, subject, CloudEvents type and id (`-` where absent), data. */
export const formatEvent = (subject: string, headers: Headers | undefined, body: string, now: Date): string => {
  const header = (name: string) => headers?.get(name) || '-'
  return [now.toTimeString().slice(0, 8), subject, header('ce-type'), header('ce-id'), compact(body)].join('  ')
}
