import type { LostGrant } from '../domain/model.ts'
import type { Facts } from '../facts.ts'
import { type GrantLostDeps, requireReauth } from '../handlers/on-reauth-required.ts'

/**
 * Shows in the links which grants their last run found lost, also one with too little scope, whose credential lives and tells
 * nothing: `athlete.reauth_required` may be lost.
 */
export const lookAtLostGrants =
  (deps: GrantLostDeps & { facts: Pick<Facts, 'rowFailed'> }) =>
  async (runs: readonly LostGrant[], signal: AbortSignal): Promise<void> => {
    for (const { linkId, errorCode, finishedAt, grantLostAt } of runs) {
      if (signal.aborted) return
      if (finishedAt === null) continue
      try {
        await requireReauth(deps, { linkId, code: errorCode ?? 'reauth_required', since: grantLostAt ?? finishedAt })
      } catch (error) {
        deps.facts.rowFailed('lost-grants', error)
      }
    }
  }
