import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export type Version = readonly [major: number, minor: number, patch: number]

/** Reads `v6.0.5` out of what `--version` prints. */
export const parseVersion = (text: string): Version | null => {
  const match = /\bv(\d+)\.(\d+)\.(\d+)/.exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : null
}

export const formatVersion = (version: Version): string => version.join('.')

/**
 * Asks a binary for its version, which also shows that it runs on this system.
 * @throws when it cannot be run (wrong platform, missing library) or prints no version
 */
export const versionOf = async (binary: string): Promise<Version> => {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 10_000 })
  const version = parseVersion(stdout)
  if (!version) throw new Error(`${binary} --version names no version`)
  return version
}
