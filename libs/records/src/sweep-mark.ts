/** A place in an index on a time and `_id`: right behind the row of that id. */
export interface SweepPlace {
  time: Date
  id: string
}

/**
 * How far a sweep over changes has come; `_id` names the sweep. Up to `changes` all was seen; `isCaughtUp` says whether that
 * was the end, or only as far as one turn goes. `walk` is where its slow round over all rows is.
 */
export interface SweepMarkRow {
  _id: string
  changes: SweepPlace
  isCaughtUp: boolean
  walk: SweepPlace
}

/** Rows in the order of an index on one of their times and `_id`. */
export interface ChangeSource<Row> {
  /** At most `limit` rows behind a place. */
  behind(place: SweepPlace, limit: number): Promise<Row[]>
  placeOf(row: Row): SweepPlace
}
