import type { ChangeSource, SweepMarkRow, SweepPlace } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { WritableCollection } from './store.ts'

export interface ChangeSweepOptions<Row> {
  /** Names the mark; all replicas share it. */
  name: string
  marks: WritableCollection<'sweepMarks'>
  source: ChangeSource<Row>
  /** Looks at rows; may see the same one again and again. One that fails must not keep the others from their turn. */
  look(rows: readonly Row[], signal: AbortSignal): Promise<void>
  clock: Clock
  /** Whether it also goes round over all rows, slowly, for what another clock or a failure kept from being seen. */
  walks: boolean
}

/** Rows may be written a little after the time they carry, and by processes whose clocks differ. */
const overlapMs = 5 * 60_000
const batchSize = 200
const batchesPerTurn = 5
const walkSize = 50

const beginning: SweepPlace = { time: new Date(0), id: '' }

/** Filter and order for the index `{ [field]: 1, _id: 1 }`. */
export const behindPlace = (field: string, { time, id }: SweepPlace) => ({
  filter: { $or: [{ [field]: { $gt: time } }, { [field]: time, _id: { $gt: id } }] },
  sort: { [field]: 1, _id: 1 } as const,
})

/** Where a turn begins: behind what was seen, and again over the last minutes once the end was reached. */
const startOf = ({ changes, isCaughtUp }: Omit<SweepMarkRow, '_id'>, now: Date): SweepPlace =>
  isCaughtUp ? { time: new Date(Math.min(changes.time.getTime(), now.getTime()) - overlapMs), id: '' } : changes

/**
 * Makes a task that looks at the rows that changed since its last turn. What a turn costs follows what changed, not how many
 * rows there are: at most 1,000 rows of changes, the rest in the next turn, and 50 of the slow round. The mark stands in a
 * row, so a restart, however late, misses nothing. Replicas may work at the same time and see the same rows.
 */
export const createChangeSweep = <Row>(options: ChangeSweepOptions<Row>): ((signal: AbortSignal) => Promise<void>) => {
  const { name, marks, source, look, clock, walks } = options

  const catchUp = async (start: SweepPlace, startedAt: Date, signal: AbortSignal) => {
    let place = start
    for (let batch = 0; batch < batchesPerTurn && !signal.aborted; batch += 1) {
      const rows = await source.behind(place, batchSize)
      await look(rows, signal)
      const last = rows.at(-1)
      if (last) place = source.placeOf(last)
      if (rows.length < batchSize) {
        const isBeforeStart = place.time < startedAt
        return { changes: isBeforeStart ? { time: startedAt, id: '' } : place, isCaughtUp: true }
      }
    }
    return { changes: place, isCaughtUp: false }
  }

  const walkOn = async (place: SweepPlace, signal: AbortSignal): Promise<SweepPlace> => {
    const rows = await source.behind(place, walkSize)
    await look(rows, signal)
    const last = rows.at(-1)
    return last && rows.length === walkSize ? source.placeOf(last) : beginning
  }

  return async (signal) => {
    const startedAt = clock.now()
    const found = await marks.findById(name).lean<SweepMarkRow>()
    const mark = found ?? { changes: beginning, isCaughtUp: false, walk: beginning }
    const caughtUp = await catchUp(startOf(mark, startedAt), startedAt, signal)
    const walk = walks ? await walkOn(mark.walk, signal) : mark.walk
    // Rows that a stop kept from being looked at are met again.
    if (!signal.aborted) await marks.replaceOne({ _id: name }, { ...caughtUp, walk }, { upsert: true })
  }
}
