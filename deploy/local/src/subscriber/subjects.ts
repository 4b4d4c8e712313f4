import { streams } from '@slipstream/messaging/topology'

// Subjects of NATS: parts with dots between; `*` stands for any one part, a final `>` for any rest.

const tokensOf = (subject: string): string[] => subject.split('.')

/** Whether every subject that `inner` stands for is one that `outer` stands for. */
export const covers = (outer: string, inner: string): boolean => {
  const wide = tokensOf(outer)
  const narrow = tokensOf(inner)
  return wide.every((token, index) => {
    const other = narrow[index]
    if (other === undefined) return false
    if (token === '>') return true
    if (other === '>') return false
    const isLast = index === wide.length - 1
    return (token === '*' || token === other) && (!isLast || narrow.length === wide.length)
  })
}

/** Whether NATS would take it in a subscription. */
export const isSubject = (text: string): boolean =>
  tokensOf(text).every(
    (token, index, all) =>
      token === '*' || (token === '>' && index === all.length - 1) || /^[^\s*>\p{Cc}]+$/u.test(token),
  )

/** As wide as may be asked for: nothing is published that has fewer parts than what the stream takes. */
const keptSubjects = streams.EVENTS.subjects.map((subject) => subject.replace('.*.>', '.>'))

/** Whether all of it is kept by the stream, and may so be read later. */
export const isKept = (subject: string): boolean => keptSubjects.some((kept) => covers(kept, subject))
