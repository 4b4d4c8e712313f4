import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const projectRoot = resolve(import.meta.dirname, '../..')

/** What to tell the person whose machine has none. */
const howToGetContainers =
  'containers need Docker with its compose plugin, running: https://docs.docker.com/engine/install'

/** Runs `docker` with these arguments; resolves to what it says. */
export const docker = async (...args: string[]): Promise<string> => {
  const { stdout } = await run('docker', args, {
    cwd: projectRoot,
    maxBuffer: 64 * 1024 * 1024,
    // The one builder that every engine has.
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  })
  return stdout.trim()
}

/** Container tests are skipped where no engine answers, and say so; where CI runs that is a failure. */
export const hasContainers = async (): Promise<boolean> => {
  try {
    await docker('version', '--format', '{{.Server.Version}}')
    await docker('compose', 'version')
    return true
  } catch (error) {
    if (process.env.CI)
      throw new Error(`container tests must not be skipped here: ${howToGetContainers}`, { cause: error })
    process.stderr.write(`container tests are skipped: ${howToGetContainers}\n`)
    return false
  }
}

/** The targets of `deploy/Dockerfile`. */
export const imageNames = ['cli', 'gateway', 'scheduler', 'ingestion', 'simulator'] as const
export type ImageName = (typeof imageNames)[number]

/** Beside what people have built themselves. */
export const imageTag = 'test'
export const imageOf = (name: ImageName): string => `slipstream/${name}:${imageTag}`

/** One after the other: they share most of their stages. */
export const buildImages = async (): Promise<void> => {
  for (const name of imageNames) {
    await docker('build', '--quiet', '--file', 'deploy/Dockerfile', '--target', name, '--tag', imageOf(name), '.')
  }
}
