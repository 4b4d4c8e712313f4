import type { Connection } from 'mongoose'
import type { IndexDeclaration } from '../collections/definition.ts'
import { collections } from '../collections/index.ts'
import { describeChange, type FoundCollection, type FoundIndex, type IndexChange, planIndexes } from './index-plan.ts'
import { type MigrationStep, migrationSteps } from './steps.ts'

/** The database needs a change that replicas of an older release would not survive: an operator decides when. */
export class MigrationNeededError extends Error {
  override readonly name = 'MigrationNeededError'
  readonly code = 'migration_needed'

  constructor(pending: readonly string[]) {
    super(
      `The database has to be migrated first: ${pending.join('; ')}. Stop older replicas, then run: npm run migrate`,
    )
  }
}

interface Pending {
  what: string
  isBreaking: boolean
  apply(): Promise<unknown>
}

const appliedName = 'migrations'

const isMissing = (error: unknown): boolean => (error as { codeName?: string }).codeName === 'NamespaceNotFound'

const existingIndexes = async (connection: Connection, collection: string): Promise<FoundIndex[]> => {
  try {
    return (await connection.collection(collection).indexes()) as FoundIndex[]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const isEmpty = async (connection: Connection, collection: string): Promise<boolean> =>
  (await connection.collection(collection).findOne({}, { projection: { _id: 1 } })) === null

const create = (connection: Connection, collection: string, { key, ...options }: IndexDeclaration) =>
  connection.collection(collection).createIndexes([{ key: { ...key }, ...options }])

/** Dropped by another process a moment ago is as good as dropped here. */
const drop = async (connection: Connection, collection: string, name: string) => {
  await connection
    .collection(collection)
    .dropIndex(name)
    .catch((error: { codeName?: string }) => {
      if (error.codeName !== 'IndexNotFound') throw error
    })
}

const applyIndexChange = async (connection: Connection, change: IndexChange) => {
  const { collection } = change
  if (change.kind === 'drop') return await drop(connection, collection, change.dropped)
  if (change.kind === 'replace') await drop(connection, collection, change.index.name)
  await create(connection, collection, change.index)
}

const pendingIndexes = async (connection: Connection): Promise<Pending[]> => {
  const changes = await Promise.all(
    Object.values(collections).map(async (definition) => {
      // In this order: rows that are there when it is asked were written after their indexes were made.
      const found: FoundCollection = {
        isEmpty: await isEmpty(connection, definition.name),
        indexes: await existingIndexes(connection, definition.name),
      }
      return planIndexes(definition, found)
    }),
  )
  return changes.flat().map((change) => ({
    what: describeChange(change),
    isBreaking: change.isBreaking,
    apply: () => applyIndexChange(connection, change),
  }))
}

const pendingSteps = async (connection: Connection, steps: readonly MigrationStep[]): Promise<Pending[]> => {
  const applied = connection.collection<{ _id: string; appliedAt: Date }>(appliedName)
  const done = new Set((await applied.find().toArray()).map(({ _id }) => _id))
  return steps
    .filter(({ id }) => !done.has(id))
    .map(({ id, isBreaking, run }) => ({
      what: id,
      isBreaking,
      apply: async () => {
        await run(connection)
        await applied.updateOne({ _id: id }, { $setOnInsert: { appliedAt: new Date() } }, { upsert: true })
      },
    }))
}

const isNewDatabase = async (connection: Connection): Promise<boolean> =>
  (await Promise.all(Object.values(collections).map(({ name }) => isEmpty(connection, name)))).every(Boolean)

export interface MigrationOptions {
  steps?: readonly MigrationStep[]
}

const findPending = async (connection: Connection, { steps = migrationSteps }: MigrationOptions) => [
  ...(await pendingIndexes(connection)),
  ...(await pendingSteps(connection, steps)),
]

/** What has to be done to a database, and what was done to it that this release does not know. Changes nothing. */
export interface DatabaseState {
  /** Nothing was stored yet: the first service to start brings it up. */
  isNew: boolean
  pending: Pick<Pending, 'what' | 'isBreaking'>[]
  /** Steps of a later release. */
  unknownSteps: string[]
}

export const databaseState = async (connection: Connection, options: MigrationOptions = {}): Promise<DatabaseState> => {
  const { steps = migrationSteps } = options
  const applied = await connection.collection<{ _id: string }>(appliedName).find().toArray()
  return {
    isNew: await isNewDatabase(connection),
    pending: (await findPending(connection, options)).map(({ what, isBreaking }) => ({ what, isBreaking })),
    unknownSteps: applied.map(({ _id }) => _id).filter((applied) => !steps.some(({ id }) => id === applied)),
  }
}

const applyAll = async (pending: readonly Pending[]): Promise<string[]> => {
  for (const { apply } of pending) await apply()
  return pending.map(({ what }) => what)
}

/**
 * Brings an empty database up, and on one with data does what is safe while older replicas run. Every service calls it at
 * its start; several may do so at once. Resolves to what it did.
 * @throws MigrationNeededError naming all that is breaking; nothing was changed then
 */
export const prepareDatabase = async (connection: Connection, options: MigrationOptions = {}): Promise<string[]> => {
  const isNew = await isNewDatabase(connection)
  const pending = await findPending(connection, options)
  const breaking = isNew ? [] : pending.filter(({ isBreaking }) => isBreaking)
  if (breaking.length > 0) throw new MigrationNeededError(breaking.map(({ what }) => what))
  return await applyAll(pending)
}

/** `npm run migrate`: does all of it, breaking or not. Resolves to what it did, or with `isDryRun` would do. */
export const migrate = async (
  connection: Connection,
  { isDryRun, ...options }: MigrationOptions & { isDryRun: boolean },
): Promise<string[]> => {
  const pending = await findPending(connection, options)
  return isDryRun ? pending.map(({ what }) => what) : await applyAll(pending)
}
