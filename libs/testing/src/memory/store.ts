import { matches } from './filter.ts'
import { applyUpdate, insertedBy, type Update } from './update.ts'
import { compareValues, copyOf, type Fields, valuesAt } from './values.ts'

/** As much of a collection's definition as is kept here. */
interface Definition {
  indexes: readonly { key: Readonly<Record<string, 1 | -1>>; unique?: boolean; partialFilterExpression?: object }[]
}

/** Awaited before each single operation: whoever holds it up lets other operations come in between. */
export type BeforeOperation = (operation: string) => Promise<void> | void

export interface MemoryStore<Key extends string> {
  /** The collections as a process sees them, in the words of mongoose; the caller says which types they have. */
  seenBy(before: BeforeOperation): Record<Key, unknown>
  /** What is stored, by id. */
  rows(key: Key): ReadonlyMap<string, Fields>
}

type Row = Fields & { _id: string }

const duplicateKeyCode = 11_000
const duplicateKey = () => Object.assign(new Error('E11000 duplicate key error'), { code: duplicateKeyCode })
const isDuplicateKey = (error: unknown): error is ReturnType<typeof duplicateKey> =>
  error instanceof Error && 'code' in error && error.code === duplicateKeyCode

const project = (row: Fields, projection: Fields | undefined): Fields => {
  const [first] = Object.values(projection ?? {})
  if (!projection || first === undefined) return row
  const isListed = first === 1
  return Object.fromEntries(
    Object.entries(row).filter(([field]) => field in projection === isListed || (isListed && field === '_id')),
  )
}

interface Rows {
  find(filter: Fields): Row[]
  /** @throws the error of a duplicate key */
  insert(row: Fields): Row
  remove(row: Row): void
  /** @throws the error of a duplicate key, with nothing changed */
  change(row: Row, update: Update): { before: Row; after: Row }
}

const createRows = (
  rows: Map<string, Row>,
  { indexes }: Definition,
  { now, onChange }: { now: () => Date; onChange: (before: Fields | null, after: Fields | null) => void },
): Rows => {
  const unique = indexes
    .filter((index) => index.unique && !index.partialFilterExpression)
    .map(({ key }) => Object.keys(key))
  const checkUnique = (row: Row) => {
    for (const fields of unique) {
      for (const other of rows.values()) {
        if (other._id !== row._id && fields.every((field) => compareValues(other[field], row[field]) === 0))
          throw duplicateKey()
      }
    }
  }
  return {
    find: (filter) => {
      const { _id } = filter
      const time = now()
      if (typeof _id === 'string') {
        const row = rows.get(_id)
        return row && matches(row, filter, time) ? [row] : []
      }
      return [...rows.values()].filter((row) => matches(row, filter, time))
    },
    insert: (row) => {
      const inserted = copyOf(row) as Row
      if (rows.has(inserted._id)) throw duplicateKey()
      checkUnique(inserted)
      rows.set(inserted._id, inserted)
      onChange(null, inserted)
      return inserted
    },
    remove: (row) => {
      rows.delete(row._id)
      onChange(row, null)
    },
    change: (row, update) => {
      const changed = { ...row }
      applyUpdate(changed, update, now())
      const after = copyOf(changed)
      checkUnique(after)
      rows.set(after._id, after)
      onChange(row, after)
      return { before: row, after }
    },
  }
}

/** A query as mongoose builds it: nothing is done before it is awaited. */
const queryOf = <T>(run: (bounds: { sort: Fields; limit: number }) => Promise<T>) => {
  const bounds = { sort: {} as Fields, limit: Number.POSITIVE_INFINITY }
  const exec = () => run(bounds)
  const query = {
    sort: (sort: Fields) => {
      bounds.sort = sort
      return query
    },
    limit: (limit: number) => {
      bounds.limit = limit
      return query
    },
    hint: () => query,
    lean: () => query,
    orFail: () =>
      queryOf(async () => {
        const found = await exec()
        if (found === null) throw new Error('no document found')
        return found
      }),
    exec,
    // biome-ignore lint/suspicious/noThenProperty: it is awaited as a query of mongoose is
    then: <Done, Failed>(onDone: (value: T) => Done, onFailed: (error: unknown) => Failed) =>
      exec().then(onDone, onFailed),
  }
  return query
}

const inOrder = (found: Row[], { sort, limit }: { sort: Fields; limit: number }): Row[] => {
  const order = Object.entries(sort).map(([path, direction]) => ({
    path: path.split('.'),
    direction: Number(direction),
  }))
  const sorted =
    order.length === 0
      ? found
      : found.toSorted((one, other) => {
          for (const { path, direction } of order) {
            const compared = compareValues(valuesAt(one, path)[0], valuesAt(other, path)[0])
            if (compared !== 0) return compared * direction
          }
          return 0
        })
  return sorted.length > limit ? sorted.slice(0, limit) : sorted
}

interface WriteOptions {
  upsert?: boolean
  returnDocument?: 'before' | 'after'
  projection?: Fields
}

type BulkOperation =
  | { insertOne: { document: Fields } }
  | { updateOne: { filter: Fields; update: Update; arrayFilters?: Fields[] } }

const collectionOf = (name: string, rows: Rows, before: BeforeOperation, now: () => Date) => {
  const read = (filter: Fields, projection?: Fields) =>
    queryOf(async (bounds) => {
      await before(`${name}.find`)
      return inOrder(rows.find(filter), bounds).map((row) => project(row, projection))
    })
  const readOne = (filter: Fields, projection?: Fields) =>
    queryOf(async (bounds) => {
      await before(`${name}.findOne`)
      const [row] = inOrder(rows.find(filter), bounds)
      return row ? project(row, projection) : null
    })
  const update = (filter: Fields, change: Update, { upsert }: WriteOptions = {}) => {
    const [row] = rows.find(filter)
    if (row) return rows.change(row, change)
    return upsert ? { before: null, after: rows.insert(insertedBy(filter, change, now())) } : null
  }
  const updateOne = (filter: Fields, change: Update, options?: WriteOptions) => {
    const changed = update(filter, change, options)
    const count = changed?.before ? 1 : 0
    return { matchedCount: count, modifiedCount: count, upsertedCount: changed && !changed.before ? 1 : 0 }
  }

  const carryOut = (operation: BulkOperation): { insertedCount: number; matchedCount: number } => {
    if ('insertOne' in operation) {
      rows.insert(operation.insertOne.document)
      return { insertedCount: 1, matchedCount: 0 }
    }
    if (operation.updateOne.arrayFilters) throw new Error('the database in memory does not know arrayFilters')
    const { matchedCount } = updateOne(operation.updateOne.filter, operation.updateOne.update)
    return { insertedCount: 0, matchedCount }
  }

  /** As unordered ones are: each operation by itself, and others go on where one meets a duplicate key. */
  const bulkWrite = async (operations: readonly BulkOperation[]) => {
    const total = { insertedCount: 0, matchedCount: 0 }
    const writeErrors: { index: number; code: unknown }[] = []
    for (const [index, operation] of operations.entries()) {
      await before(`${name}.bulkWrite`)
      try {
        const { insertedCount, matchedCount } = carryOut(operation)
        total.insertedCount += insertedCount
        total.matchedCount += matchedCount
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
        writeErrors.push({ index, code: error.code })
      }
    }
    if (writeErrors.length === 0) return total
    throw Object.assign(duplicateKey(), { writeErrors, result: { getWriteConcernError: () => undefined } })
  }

  return {
    find: read,
    findOne: readOne,
    findById: (_id: string, projection?: Fields) => readOne({ _id }, projection),
    exists: (filter: Fields) => readOne(filter, { _id: 1 }),
    countDocuments: (filter: Fields, { limit }: { limit?: number } = {}) =>
      queryOf(async () => {
        await before(`${name}.count`)
        return Math.min(rows.find(filter).length, limit ?? Number.POSITIVE_INFINITY)
      }),
    create: async (document: Fields) => {
      await before(`${name}.insert`)
      rows.insert(document)
    },
    findOneAndUpdate: (filter: Fields, change: Update, options: WriteOptions = {}) =>
      queryOf(async () => {
        await before(`${name}.findOneAndUpdate`)
        const changed = update(filter, change, options)
        const shown = options.returnDocument === 'after' ? changed?.after : changed?.before
        return shown ? project(shown, options.projection) : null
      }),
    updateOne: async (filter: Fields, change: Update, options?: WriteOptions) => {
      await before(`${name}.updateOne`)
      return updateOne(filter, change, options)
    },
    updateMany: async (filter: Fields, change: Update) => {
      await before(`${name}.updateMany`)
      const found = rows.find(filter)
      for (const row of found) rows.change(row, change)
      return { matchedCount: found.length, modifiedCount: found.length }
    },
    replaceOne: async (
      { _id, ...filter }: Fields & { _id: string },
      document: Fields,
      { upsert }: WriteOptions = {},
    ) => {
      await before(`${name}.replaceOne`)
      const [row] = rows.find({ _id, ...filter })
      if (!row && !upsert) return
      if (row) rows.remove(row)
      rows.insert({ ...document, _id })
    },
    deleteOne: async (filter: Fields) => {
      await before(`${name}.deleteOne`)
      const [row] = rows.find(filter)
      if (row) rows.remove(row)
      return { deletedCount: row ? 1 : 0 }
    },
    deleteMany: async (filter: Fields) => {
      await before(`${name}.deleteMany`)
      const found = rows.find(filter)
      for (const row of found) rows.remove(row)
      return { deletedCount: found.length }
    },
    /** The driver's own. */
    collection: { bulkWrite },
  }
}

export interface MemoryStoreOptions<Key extends string> {
  /** The server's time, `$$NOW`. */
  now: () => Date
  /** Told of each document that was changed; null: it was not there, or is not there any more. */
  onChange?: (key: Key, before: Fields | null, after: Fields | null) => void
}

/**
 * A database in memory, for simulations that no server would be quick enough for: each operation happens at once and as a whole,
 * and between two of them others may come. It knows what this project uses of MongoDB and throws at all else; the
 * contract suites hold it and a real server to the same cases. Indexes count where they are unique; nothing expires.
 */
export const createMemoryStore = <Key extends string>(
  definitions: Readonly<Record<Key, Definition>>,
  { now, onChange = () => {} }: MemoryStoreOptions<Key>,
): MemoryStore<Key> => {
  const keys = Object.keys(definitions) as Key[]
  const maps = new Map(keys.map((key) => [key, new Map<string, Row>()]))
  const stored = new Map(
    [...maps].map(([key, rows]) => {
      const tell = (before: Fields | null, after: Fields | null) => onChange(key, before, after)
      return [key, createRows(rows, definitions[key], { now, onChange: tell })]
    }),
  )
  return {
    seenBy: (before) =>
      Object.fromEntries(
        [...stored].map(([key, rows]) => [key, collectionOf(key, rows, before, now)]),
      ) as unknown as Record<Key, unknown>,
    rows: (key) => maps.get(key) ?? new Map(),
  }
}
