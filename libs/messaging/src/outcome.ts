/** How a handler's work ended when it did not throw. */
export type Outcome = { kind: 'done' } | { kind: 'skipped'; reason: string }

export const done = (): Outcome => ({ kind: 'done' })

/** There was nothing to do, for a reason that is expected (`link-inactive`); the reason is logged. */
export const skipped = (reason: string): Outcome => ({ kind: 'skipped', reason })
