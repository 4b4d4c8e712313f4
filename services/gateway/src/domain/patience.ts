/** Strava waits 2 s for the answer to a webhook, and comes twice more for one that is not 200. */
export const webhookWithinMs = 1_500

/** A person is worth waiting for: a new primary of MongoDB is usually elected within this. */
export const personWithinMs = 10_000
