import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Log, runToEnd } from '@slipstream/embedded'
import type { Environment } from '@slipstream/runtime'
import type { DataFolder } from './data-folder.ts'

/** Raised when the database of an earlier release cannot be brought up; the message holds the migration's output. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code = 'migration_failed'
}

const persistenceIn = (root: string) => join(root, 'libs', 'persistence')
/** Beside the data, so that it goes where they go. */
const noteIn = ({ mongo }: DataFolder) => join(mongo, 'prepared-for')

/** Names the code that says what the database has to be like. Files may have any time after an upgrade, so it reads them. */
const codeIn = (root: string): string => {
  const hash = createHash('sha256')
  const entries = readdirSync(join(persistenceIn(root), 'src'), { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  for (const file of files.toSorted()) hash.update(readFileSync(file))
  return hash.digest('hex')
}

export interface DataState {
  /** There are data, and other code than this had them last. */
  isMigrationDue: boolean
  /** To be called once the services run: on an empty database they make what is needed themselves. */
  notePrepared(): void
}

/**
 * Says who had the data last: to ask the database itself costs each start a third of a second. To be called before mongod has made
 * its folder.
 */
export const readDataState = (root: string, folder: DataFolder): DataState => {
  const [note, code] = [noteIn(folder), codeIn(root)]
  const isPrepared = existsSync(note) && readFileSync(note, 'utf8') === code
  return {
    isMigrationDue: existsSync(folder.mongo) && !isPrepared,
    notePrepared: () => {
      if (!isPrepared) writeFileSync(note, code)
    },
  }
}

/**
 * Brings up what an earlier release has stored, also where services refuse to: no older replica runs on a data folder.
 * @throws MigrationError with the output, when that fails
 */
export const migrateData = async (
  root: string,
  { folder, env, signal, log }: { folder: DataFolder; env: Environment; signal: AbortSignal; log: Log },
): Promise<void> => {
  const { code, lines } = await runToEnd(
    {
      name: 'migration',
      command: process.execPath,
      args: [join(root, 'libs', 'cli', 'src', 'bin', 'slipstream.ts'), 'migrate'],
      env,
      registryDir: folder.processes,
    },
    signal,
  )
  if (code !== 0) throw new MigrationError(`the migration ended with code ${code}:\n${lines.join('\n')}`)
  for (const line of lines) log(`migration: ${line}`)
}
