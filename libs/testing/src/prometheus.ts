import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCacheDir } from '@slipstream/embedded'

const run = promisify(execFile)

export const howToGetPrometheus =
  'install Prometheus with promtool, 2.42 or later: apt-get install prometheus, or see https://prometheus.io/download'

/** The folder of `prometheus` and `promtool`. */
const folderOnPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .find((folder) => ['prometheus', 'promtool'].every((name) => existsSync(join(folder, name))))

/** Debian's package, unpacked into the cache and not installed: its service would start, and would listen to the world. */
const ensureDebianPackage = async (): Promise<string | null> => {
  const parent = join(defaultCacheDir(), 'prometheus')
  const unpacked = join(parent, 'debian')
  const binaries = join(unpacked, 'usr', 'bin')
  if (existsSync(binaries)) return binaries
  mkdirSync(parent, { recursive: true })
  const workDir = mkdtempSync(join(parent, 'fetch-'))
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: workDir, timeout: 60_000 })
    const [archive] = readdirSync(workDir)
    if (archive === undefined) return null
    const folder = join(workDir, 'root')
    await run('dpkg-deb', ['-x', join(workDir, archive), folder])
    if (!existsSync(unpacked)) renameSync(folder, unpacked)
    return binaries
  } catch {
    // No Debian, or no way to its archive: whoever asks says what is needed.
    return null
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
}

let found: Promise<string | null> | undefined

/** The folder of `prometheus` and `promtool`: one on PATH, or that of Debian's package; null where there is neither. */
export const findPrometheus = (): Promise<string | null> => {
  found ??= (async () => folderOnPath() ?? (await ensureDebianPackage()))()
  return found
}

/** False, with one line that says why, where there is none; in CI that is a failure. */
export const hasPrometheus = async (): Promise<boolean> => {
  if ((await findPrometheus()) !== null) return true
  if (process.env.CI) throw new Error(`tests with Prometheus must not be skipped here: ${howToGetPrometheus}`)
  console.warn(`Tests with Prometheus are skipped: ${howToGetPrometheus}`)
  return false
}
