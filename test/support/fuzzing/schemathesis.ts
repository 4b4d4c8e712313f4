import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCacheDir } from '@slipstream/embedded'
import { sha256 } from '@slipstream/runtime'

const run = promisify(execFile)

const requirements = join(import.meta.dirname, 'requirements.txt')
const configFile = join(import.meta.dirname, 'schemathesis.toml')

const whatIsNeeded =
  'fuzzing needs Python 3.10 or later with pip, which fetches schemathesis: apt-get install python3-pip, or what your system calls it'

/**
 * The pinned schemathesis and all it needs in a folder of their own, fetched once with the machine's pip.
 * @throws with what is missing: nothing is skipped without a word
 */
const ensureSchemathesis = async (): Promise<string> => {
  const parent = join(defaultCacheDir(), 'python')
  const folder = join(parent, `schemathesis-${sha256(readFileSync(requirements, 'utf8')).slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(parent, { recursive: true })
  const workDir = mkdtempSync(join(parent, 'fetch-'))
  try {
    const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary=:all:']
    await run('python3', ['-m', 'pip', 'install', ...options, '--target', workDir, '--requirement', requirements])
    renameSync(workDir, folder)
  } catch (error) {
    rmSync(workDir, { recursive: true, force: true })
    throw new Error(whatIsNeeded, { cause: error })
  }
  return folder
}

interface FuzzingReport {
  operations: { total: number; selected: number; tested: number; errored: number }
  phases: Record<string, { status: string }>
  test_cases: { generated: number; errored: number }
  failures: { title: string; operations: string[] }[]
  errors: unknown[]
}

export interface FuzzingOptions {
  gatewayUrl: string
  accessToken: string
  webhookPathSecret: string
  /** Where the report goes. */
  folder: string
  timeoutMs: number
}

/** Fuzzes a running gateway by its own OpenAPI document, always in the same way. `text` is what there is to read. */
export const fuzz = async (options: FuzzingOptions): Promise<{ report: FuzzingReport; text: string }> => {
  const packages = await ensureSchemathesis()
  mkdirSync(options.folder, { recursive: true })
  const reportFile = join(options.folder, 'report.json')
  rmSync(reportFile, { force: true })
  const args = [
    ...['-m', 'schemathesis.cli', '--config-file', configFile, 'run', `${options.gatewayUrl}/openapi.json`],
    ...['--header', `Authorization: Bearer ${options.accessToken}`, '--no-color'],
    ...['--checks', 'all', '--seed', '20261126', '--max-examples', '10'],
    ...['--report', 'json', '--report-json-path', reportFile],
  ]
  const env = { ...process.env, PYTHONPATH: packages, WEBHOOK_PATH_SECRET: options.webhookPathSecret }
  // Failures end it with code 1; the report has them, and there is none where it did not come to an end.
  const { stdout, stderr } = await run('python3', args, {
    env,
    cwd: options.folder,
    timeout: options.timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string; stderr: string }) => error)
  const text = `${stdout}\n${stderr}`
  if (!existsSync(reportFile)) throw new Error(`fuzzing did not come to an end within ${options.timeoutMs} ms\n${text}`)
  return { report: JSON.parse(readFileSync(reportFile, 'utf8')), text }
}
