import { inspectMongo, inspectMongoDirectly } from '@slipstream/persistence'
import { isStoreAway } from '@slipstream/runtime'
import type { MongoFacts } from '../judge/mongo.ts'

const limitMs = 3_000

/** MongoDB's codes for "unauthorized" and "authentication failed", and what Atlas says in place of that. */
const refusals = [13, 18, 8_000]

/** The driver's own words, which name hosts and never a user or a password; the rest of them describes its inner state. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.split('\n', 1).join('') : 'no answer'

export const lookAtMongo = async (uri: string): Promise<MongoFacts> => {
  try {
    return { kind: 'view', view: await inspectMongo(uri, limitMs) }
  } catch (error) {
    if (refusals.includes(Number((error as { code?: unknown }).code)))
      return { kind: 'refused', reason: reasonOf(error) }
    if (!isStoreAway(error)) throw error
    return { kind: 'away', reason: reasonOf(error), direct: await inspectMongoDirectly(uri, limitMs / 2) }
  }
}
