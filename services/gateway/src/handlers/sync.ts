import type { SyncAccepted } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import type { QuotaLedger } from '@slipstream/quota'
import type { Clock, NewId } from '@slipstream/runtime'
import type { Link } from '../domain/model.ts'
import { waitingWork } from '../domain/open-work.ts'
import { LinkConflictError, type Links, type SyncView } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { carriesAnotherPass } from '../domain/share.ts'
import { reauthCodeOf } from '../domain/status.ts'
import type { AthleteRoute } from '../http/route.ts'
import { readCurrentWork } from './status.ts'

export interface SyncDeps {
  links: Pick<Links, 'ofAthlete' | 'askSync'>
  syncView: SyncView
  quota: Pick<QuotaLedger, 'read' | 'allowanceOf'>
  clock: Clock
  newId: NewId
  nudge(): void
}

/** Several presses at the same moment: the losers find the winner's request when they look again. */
const maxRounds = 5

type Asked = { runId: string; requestedAt: Date }

/** One athlete who asks again and again is not served at the cost of all others. */
const checkShare = async ({ quota, syncView, clock }: SyncDeps, link: Link): Promise<void> => {
  const [share, lastPass] = await Promise.all([
    quota.allowanceOf(link.athleteId),
    syncView.lastFinished(link, 'succeeded'),
  ])
  if (carriesAnotherPass(share, lastPass)) return
  const retryAfterMs = share.renewsAt.getTime() - clock.now().getTime()
  throw new RefusalError('too_many_requests', [], { retryAfterMs })
}

/**
 * The request that waits for this athlete; made only when there is none.
 * @throws RefusalError
 */
const askOnce = async (deps: SyncDeps, athleteId: string): Promise<Asked> => {
  const { links, syncView, clock, newId, nudge } = deps
  for (let round = 1; round <= maxRounds; round++) {
    const link = await links.ofAthlete(athleteId)
    if (!link) throw new RefusalError('not_linked')
    if (link.status !== 'active') throw new RefusalError(reauthCodeOf(link))
    const waiting = waitingWork({ link, ...(await readCurrentWork(syncView, link)) })
    if (waiting) return waiting
    await checkShare(deps, link)

    const now = clock.now()
    const data = { athleteId, linkId: link.linkId, runId: newId('run'), requestedAt: now.toISOString() }
    const event = newEvent('sync.triggered', data, { id: newId('evt'), now })
    if (await links.askSync(link.linkId, link.manualSync?.runId ?? null, event)) {
      nudge()
      return { runId: data.runId, requestedAt: now }
    }
  }
  throw new LinkConflictError('other requests of this athlete keep coming in between')
}

/**
 * A person asks for a sync now; asking again while one waits gives the same run. One that has begun may have listed past
 * what the person has just uploaded: then the next one is theirs.
 */
export const syncRoute = (deps: SyncDeps): AthleteRoute => ({
  method: 'post',
  path: '/api/v1/strava/sync',
  access: 'athlete',
  limited: 'sync',
  handle: async (_request, response, { athleteId }) => {
    const { runId, requestedAt } = await askOnce(deps, athleteId)
    const [position, quota] = await Promise.all([deps.syncView.interactiveBefore(requestedAt), deps.quota.read()])
    const accepted: SyncAccepted = {
      runId,
      position,
      estimatedStartAt: quota.opensAt('interactive').toISOString(),
    }
    response.status(202).json(accepted)
  },
})
