/** Of one kind of work; the second is begun while the first is under way, so that a slow one alone holds up nobody. */
const batchesAtOnce = 2
const batchSize = 100

interface Asked<Item, Result> {
  item: Item
  answer: PromiseWithResolvers<Result>
}

/**
 * Does together what is asked for while earlier work is under way. What is asked for alone is done at once; under load one round
 * trip serves many. Work begins after it was asked for, so what it reads is as fresh as if each had been done by itself.
 * @param work answers each item in its place; what it throws is the answer to all of them
 */
export const inBatches = <Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): ((item: Item) => Promise<Result>) => {
  const waiting: Asked<Item, Result>[] = []
  let underWay = 0

  const doTogether = async (batch: readonly Asked<Item, Result>[]) => {
    try {
      const results = await work(batch.map(({ item }) => item))
      for (const [index, { answer }] of batch.entries()) answer.resolve(results[index] as Result)
    } catch (error) {
      for (const { answer } of batch) answer.reject(error)
    }
  }
  const workOn = async () => {
    if (underWay >= batchesAtOnce) return
    underWay += 1
    while (waiting.length > 0) await doTogether(waiting.splice(0, batchSize))
    underWay -= 1
  }

  return (item) => {
    const answer = Promise.withResolvers<Result>()
    waiting.push({ item, answer })
    void workOn()
    return answer.promise
  }
}
