import type { EventType } from '@slipstream/contracts'

/** Subject filters of these types for one athlete, or with `*` for all; a sync request has its lane in between. */
export const subjectsOf = (types: readonly EventType[], athleteId: string): string[] =>
  types.map((type) => (type === 'sync.requested' ? `${type}.*.${athleteId}` : `${type}.${athleteId}`))
