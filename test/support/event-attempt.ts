/** What a worker tells at the end of each attempt. */
export interface EventAttempt {
  /** `Date.now()`. */
  at: number
  objectId: string
  attempt: number
}

export const isPoison = (objectId: string): boolean => objectId.startsWith('poison')
