import type { DeadLetter, DeliveryLog } from '@slipstream/records'

/** A delivery log without a database; `isAway` makes it fail like one that cannot be reached. */
export const memoryDeliveryLog = () => {
  const attempts = new Map<string, number>()
  const letters: DeadLetter[] = []
  const log = {
    attempts,
    letters,
    isAway: false,
    startAttempt: async (consumer: string, eventId: string) => {
      if (log.isAway) throw new Error('the delivery log is away')
      const attempt = (attempts.get(`${consumer}:${eventId}`) ?? 0) + 1
      attempts.set(`${consumer}:${eventId}`, attempt)
      return attempt
    },
    keepDeadLetter: async (letter: DeadLetter) => {
      if (log.isAway) throw new Error('the delivery log is away')
      letters.push(letter)
    },
    deleteReplayed: async () => {},
    deleteLettersOf: async () => {},
    forget: async (consumer: string, eventId: string) => {
      attempts.delete(`${consumer}:${eventId}`)
    },
  } satisfies DeliveryLog & Record<string, unknown>
  return log
}
