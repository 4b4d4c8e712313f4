import { done, type Handler, skipped } from '@slipstream/messaging'
import { type TakeInDeps, takeIn } from '../requests/take-in.ts'

/** What it says is read from the row it names. */
export const onStravaNotified =
  (deps: TakeInDeps): Handler<'strava.notified'> =>
  async ({ inboxId }) => {
    const row = await deps.inbox.find(inboxId)
    if (!row || row.takenAt !== null) return skipped('already-taken')
    const { isLookedFor } = await takeIn(deps, row.linkId, [row])
    return isLookedFor ? done() : skipped('not-looked-for')
  }
