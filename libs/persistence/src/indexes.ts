import type { Connection } from 'mongoose'
import type { IndexDeclaration } from './collections/definition.ts'
import { collections } from './collections/index.ts'

/** A unique index carries a promise (one document per fact), so its absence must stop the process. */
export class MissingIndexError extends Error {
  override readonly name = 'MissingIndexError'
  readonly code = 'index_missing'

  constructor(missing: readonly string[]) {
    super(`Indexes are missing or differ from their declaration: ${missing.join(', ')}. Run the migration step.`)
  }
}

const indexed = Object.values(collections).filter(({ indexes }) => indexes.length > 0)

/**
 * The migration step: creates every declared index that is not there yet, and with it the collection. May run in
 * several processes at once. An index of the same name with other settings is left alone and makes it fail.
 */
export const ensureIndexes = async (connection: Connection): Promise<void> => {
  await Promise.all(
    indexed.map(({ name, indexes }) =>
      connection
        .collection(name)
        .createIndexes(indexes.map(({ key, ...options }) => ({ key: { ...key }, ...options }))),
    ),
  )
}

interface FoundIndex {
  name?: string
  key: object
  unique?: boolean
  sparse?: boolean
  expireAfterSeconds?: number
}

const isAsDeclared = (found: FoundIndex, declared: IndexDeclaration): boolean =>
  found.name === declared.name &&
  JSON.stringify(found.key) === JSON.stringify(declared.key) &&
  Boolean(found.unique) === Boolean(declared.unique) &&
  Boolean(found.sparse) === Boolean(declared.sparse) &&
  found.expireAfterSeconds === declared.expireAfterSeconds

const existingIndexes = async (connection: Connection, collection: string): Promise<FoundIndex[]> => {
  try {
    return await connection.collection(collection).indexes()
  } catch (error) {
    if ((error as { codeName?: string }).codeName === 'NamespaceNotFound') return []
    throw error
  }
}

/** @throws MissingIndexError that names every declared index which is absent or differs. */
export const checkIndexes = async (connection: Connection): Promise<void> => {
  const missing = await Promise.all(
    indexed.map(async ({ name, indexes }) => {
      const existing = await existingIndexes(connection, name)
      return indexes
        .filter((declared) => !existing.some((found) => isAsDeclared(found, declared)))
        .map((declared) => `${name}.${declared.name}`)
    }),
  )
  const names = missing.flat()
  if (names.length > 0) throw new MissingIndexError(names)
}
