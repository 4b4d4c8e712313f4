import type { Schedule } from '../domain/schedule.ts'

export interface RowFailure {
  athleteId: string
  err: unknown
}

/** Works on rows side by side. One that fails does not keep the others from their turn. */
export const eachRow = async <T>(
  rows: readonly Schedule[],
  work: (row: Schedule) => Promise<T>,
): Promise<{ results: T[]; failures: RowFailure[] }> => {
  const results: T[] = []
  const failures: RowFailure[] = []
  await Promise.all(
    rows.map(async (row) => {
      try {
        results.push(await work(row))
      } catch (err) {
        failures.push({ athleteId: row._id, err })
      }
    }),
  )
  return { results, failures }
}
