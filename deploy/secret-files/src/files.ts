import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Secrets, Share } from './plan.ts'

/** The secrets in a folder: one file each, readable by its owner only. */
export const readSecrets = (folder: string): Secrets => {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(folder, name), 'utf8').trim()]))
}

/**
 * Adds files to the folder, for whoever owns it; one that is there is left as it is. They end without a line break: a client of
 * NATS in another language takes a seed as it comes.
 */
export const addSecrets = (folder: string, secrets: Secrets): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const { uid, gid } = statSync(folder)
  for (const [name, value] of Object.entries(secrets)) {
    const file = join(folder, name)
    writeFileSync(file, value, { flag: 'wx', mode: 0o600 })
    chownSync(file, uid, gid)
  }
}

/** Makes the folder hold these files and no others; one that its container may be reading is replaced in one step. */
export const handOver = (folder: string, { uid, files }: Share): void => {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (!(name in files)) rmSync(join(folder, name), { recursive: true })
  for (const [name, value] of Object.entries(files)) {
    const file = join(folder, name)
    writeFileSync(`${file}.new`, value, { mode: 0o400 })
    chownSync(`${file}.new`, uid, uid)
    renameSync(`${file}.new`, file)
  }
  chownSync(folder, uid, uid)
  chmodSync(folder, 0o500)
}
