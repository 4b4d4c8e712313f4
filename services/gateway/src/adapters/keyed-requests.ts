import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import type { AnsweredRequestRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { AnswerSeal } from '@slipstream/vault'
import type { Claim, KeptAnswer, KeyedRequest, KeyedRequests } from '../domain/repeated-request.ts'

const keepMs = 24 * 60 * 60_000
/** Longer than the slowest request works on, also when its caller was told to come again. */
const claimMs = 60_000

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

const placeOf = ({ id, athleteId }: KeyedRequest) => ({ athleteId, requestId: id })

export const createKeyedRequests = (
  requests: Collections<'gateway'>['answeredRequests'],
  { seal, open }: AnswerSeal,
  clock: Clock,
): KeyedRequests => {
  const readAnswer = (request: KeyedRequest, { answer }: AnsweredRequestRow): KeptAnswer | null => {
    const text = answer ? open(answer, placeOf(request)) : null
    return text === null ? null : (JSON.parse(text) as KeptAnswer)
  }

  const takeOver = async (request: KeyedRequest, found: AnsweredRequestRow): Promise<Claim> => {
    const now = clock.now()
    if (found.deleteAt > now) {
      if (found.fingerprint !== request.fingerprint) return { kind: 'other_request' }
      const answer = readAnswer(request, found)
      if (answer) return { kind: 'answered', answer }
      if (!found.answer && found.claimedUntil > now) return { kind: 'in_progress' }
    }
    const until = later(now, claimMs)
    const { modifiedCount } = await requests.updateOne(
      { _id: request.id, claimedUntil: found.claimedUntil },
      {
        $set: { fingerprint: request.fingerprint, claimedUntil: until, deleteAt: later(now, keepMs) },
        $unset: { answer: 1 },
      },
    )
    return modifiedCount === 1 ? { kind: 'claimed', until } : { kind: 'in_progress' }
  }

  return {
    claim: async (request) => {
      const now = clock.now()
      const until = later(now, claimMs)
      const { id, athleteId, fingerprint } = request
      try {
        await requests.create({ _id: id, athleteId, fingerprint, claimedUntil: until, deleteAt: later(now, keepMs) })
        return { kind: 'claimed', until }
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
      }
      const found = await requests.findById(id).lean()
      // Gone in between: whoever worked on it gave it up just now.
      return found ? await takeOver(request, found) : { kind: 'in_progress' }
    },
    keep: async (request, until, answer) => {
      await requests.updateOne(
        { _id: request.id, claimedUntil: until },
        { $set: { answer: seal(JSON.stringify(answer), placeOf(request)) } },
      )
    },
    release: async ({ id }, until) => {
      await requests.deleteOne({ _id: id, claimedUntil: until })
    },
    removeOf: async (athleteId) => {
      await requests.deleteMany({ athleteId })
    },
  }
}
