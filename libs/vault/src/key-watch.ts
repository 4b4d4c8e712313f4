import { SealBrokenError } from './envelope.ts'

/** Says once for each key that what is sealed under it does not open, and once that nothing is sealed under it any more. */
export interface KeyWatch {
  /** Any error of opening something; others than broken seals are passed over. */
  noteError(error: unknown): void
  /** What is sealed at all, by key ids. */
  noteInUse(kids: readonly string[]): void
}

export interface KeyWatchOptions {
  /** The key is missing, is another one than the text was sealed under, or that text is damaged. `error` holds no secret. */
  onUnusable(kid: string, error: SealBrokenError): void
  onUnused(kid: string): void
}

/** One for each process: keys are a setting, so a key that is put right comes with a new one. */
export const createKeyWatch = ({ onUnusable, onUnused }: KeyWatchOptions): KeyWatch => {
  const unusable = new Set<string>()
  return {
    noteError: (error) => {
      if (!(error instanceof SealBrokenError) || unusable.has(error.kid)) return
      unusable.add(error.kid)
      onUnusable(error.kid, error)
    },
    noteInUse: (kids) => {
      for (const kid of [...unusable].filter((known) => !kids.includes(known))) {
        unusable.delete(kid)
        onUnused(kid)
      }
    },
  }
}
