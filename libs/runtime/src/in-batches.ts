import { OverdueError, withinLimit } from './within-limit.ts'

/** Of one kind of work; the second is begun while the first is under way, so that a slow one alone holds up nobody. */
const batchesAtOnce = 2
const batchSize = 100
/** Who comes on top is turned away at once, so that what waits for a store that hangs stays small. */
const mostWaiting = 500

interface Asked<Item, Result> {
  item: Item
  askedAt: number
  answer: PromiseWithResolvers<Result>
}

/**
 * Does together what is asked for while earlier work is under way. What is asked for alone is done at once; under load one round
 * trip serves many. Work begins after it was asked for, so what it reads is as fresh as if each had been done by itself.
 *
 * Work that takes longer than the limit is given up and makes room for the next: it ends by itself, as the driver's own
 * `timeoutMS` does nothing. What has waited for longer is not begun any more.
 * @param work answers each item in its place; what it throws is the answer to all of them
 * @param options.limitMs for as long as the callers wait
 * @returns what throws OverdueError for what was not done in time, or comes while too much waits
 */
export const inBatches = <Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  { limitMs }: { limitMs: number },
): ((item: Item) => Promise<Result>) => {
  const waiting: Asked<Item, Result>[] = []
  let underWay = 0

  const doTogether = async (batch: readonly Asked<Item, Result>[]) => {
    try {
      const results = await withinLimit(work(batch.map(({ item }) => item)), limitMs)
      for (const [index, { answer }] of batch.entries()) answer.resolve(results[index] as Result)
    } catch (error) {
      for (const { answer } of batch) answer.reject(error)
    }
  }
  /** Those who have waited too long stand first. */
  const dropOverdue = () => {
    const inTimeSince = performance.now() - limitMs
    while (waiting[0] && waiting[0].askedAt <= inTimeSince) waiting.shift()?.answer.reject(new OverdueError())
  }
  const workOn = async () => {
    if (underWay >= batchesAtOnce) return
    underWay += 1
    while (waiting.length > 0) {
      await doTogether(waiting.splice(0, batchSize))
      dropOverdue()
    }
    underWay -= 1
  }

  return (item) => {
    const answer = Promise.withResolvers<Result>()
    if (waiting.length >= mostWaiting) answer.reject(new OverdueError())
    else waiting.push({ item, askedAt: performance.now(), answer })
    void workOn()
    return answer.promise
  }
}
