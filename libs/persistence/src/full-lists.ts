/** Selects runs that listed a whole window and succeeded: one that looked at a few activities proves nothing of the others. */
export const fullLists = { outcome: 'succeeded', 'activities.0': { $exists: false } } as const
