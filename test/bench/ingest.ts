import type { Msg } from '@nats-io/transport-node'
import { collections } from '@slipstream/persistence'
import type { Document } from 'mongodb'
import { openWebAthlete, type WebAthlete } from '../support/web-athlete.ts'
import { type BenchFleet, giveActivities, startBenchFleet } from './bench-fleet.ts'
import { type Bench, rateOf, share, summarise } from './report.ts'

const account = 'dana'
const activities = 2_000
const page = 200
/** A year, so that lists overlap as little as those of an athlete with so many activities do. */
const windowDays = 365

/** Links, and resolves to how long it took until everything was published, with what was. */
const ingest = async (bench: BenchFleet, athlete: WebAthlete) => {
  const visitCallback = await athlete.untilCallback()
  const { promise: allPublished, resolve } = Promise.withResolvers<number>()
  const messages: Msg[] = []
  const hearing = bench.hear((message) => {
    if (!message.subject.startsWith('activity.ingested.')) return
    messages.push(message)
    if (messages.length === activities) resolve(performance.now())
  })
  const startedAt = performance.now()
  await visitCallback()
  const elapsedMs = (await allPublished) - startedAt
  hearing.stop()
  return { elapsedMs, messages }
}

/** The rows as they were first written: each with the event that told of it. */
const rowsOf = async ({ store }: BenchFleet, messages: readonly Msg[]): Promise<Document[]> => {
  const rows = new Map((await store.collections.workouts.find().lean()).map((row) => [String(row._id), row]))
  return messages.map((message) => {
    const data = message.json<{ workoutId: string }>()
    const { headers } = message
    const event = {
      ...{ id: headers?.get('ce-id'), type: headers?.get('ce-type'), data },
      ...{ occurredAt: new Date(headers?.get('ce-time') ?? ''), traceparent: headers?.get('traceparent') },
    }
    return { ...rows.get(data.workoutId), outbox: [event] }
  })
}

/** The ceiling: the same rows in a collection with the same indexes, page by page, by the driver alone. */
const writeRaw = async ({ store }: BenchFleet, rows: readonly Document[]): Promise<number> => {
  const raw = store.connection.getClient().db().collection('bench_workouts')
  await raw.drop().catch(() => {}) // the first time there is none
  await raw.createIndexes(collections.workouts.indexes.map((index) => ({ ...index })))
  const startedAt = performance.now()
  for (let from = 0; from < rows.length; from += page) {
    const operations = rows.slice(from, from + page).map((document) => ({ insertOne: { document } }))
    await raw.bulkWrite(operations, { ordered: false })
  }
  return performance.now() - startedAt
}

/** One athlete with a long list: workouts stored and published a second, calls to the simulated Strava included. */
export const benchIngest: Bench = async (runs) => {
  const bench = await startBenchFleet(windowDays)
  try {
    const athlete = await openWebAthlete(bench, account)
    giveActivities(bench, account, activities, windowDays - 1)
    const rates: number[] = []
    const rawRates: number[] = []
    // The first run also warms every process up; it is not counted.
    for (let run = -1; run < runs; run += 1) {
      const { elapsedMs, messages } = await ingest(bench, athlete)
      const rawMs = await writeRaw(bench, await rowsOf(bench, messages))
      await athlete.unlink()
      if (run < 0) continue
      rates.push((1_000 * activities) / elapsedMs)
      rawRates.push((1_000 * activities) / rawMs)
    }
    const ours = summarise(rates)
    const raw = summarise(rawRates)
    return {
      title: `ingest: one athlete with ${activities} activities, ${runs} runs`,
      figures: [
        {
          what: 'stored and published, from the callback on',
          measured: rateOf(ours),
        },
        {
          what: 'the same rows by bulkWrite of the driver alone',
          measured: rateOf(raw),
        },
        { what: 'share of the raw rate', measured: share(ours.p50, raw.p50) },
      ],
    }
  } finally {
    await bench.stop()
  }
}
