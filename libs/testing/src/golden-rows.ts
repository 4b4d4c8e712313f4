import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import mongoose from 'mongoose'

const goldenFolder = join(import.meta.dirname, '../../contracts/golden')

export const goldenVersions = readdirSync(goldenFolder)

/** A stored document, as a release wrote it. */
type GoldenRow = Record<string, unknown> & { _id: unknown }

/** What a release stored, by collection; a document that changed is there once for each state, the latest last. */
export const goldenRows = (version: string): Map<string, GoldenRow[]> => {
  const folder = join(goldenFolder, version, 'rows')
  return new Map(
    readdirSync(folder).map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      return [basename(file, '.json'), mongoose.mongo.BSON.EJSON.parse(text) as GoldenRow[]]
    }),
  )
}

/** Puts all of a release's documents, each in its latest state, into a database that has nothing of them. */
export const insertGoldenRows = async (connection: mongoose.Connection, version: string): Promise<void> => {
  for (const [collection, rows] of goldenRows(version)) {
    const latest = new Map(rows.map((row) => [row._id, row]))
    await connection.collection(collection).insertMany([...latest.values()] as never)
  }
}
