import type { Connection } from 'mongoose'

/** A change of what is stored, as a step with a date. It may run twice, also at the same time in two processes. */
export interface MigrationStep {
  /** `<date>-<what>`; steps run in this order. */
  id: `20${number}-${number}-${number}-${string}`
  /** Whether replicas of the release before would fail or do damage once it has run. */
  isBreaking: boolean
  run(connection: Connection): Promise<void>
}

/** A step stays until no release is supported any more whose data may still want it. */
export const migrationSteps: readonly MigrationStep[] = []
