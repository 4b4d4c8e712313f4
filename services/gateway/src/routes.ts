import { forgetBrowserRoute } from './handlers/browser-secrets.ts'
import { callbackRoutes } from './handlers/callback.ts'
import { completionRoute } from './handlers/completion.ts'
import { connectRoutes } from './handlers/connect.ts'
import { type ErrorsDeps, errorRoutes } from './handlers/errors.ts'
import { type EventsDeps, eventsRoute } from './handlers/events.ts'
import { type ExportDeps, exportRoute } from './handlers/export.ts'
import type { LinkFlow } from './handlers/link-flow.ts'
import { linkTokenRoute } from './handlers/link-token.ts'
import { profileRoutes } from './handlers/profile.ts'
import { pushSubscriptionRoute, type SubscriptionDeps } from './handlers/push-subscription.ts'
import { type RunsDeps, runsRoute } from './handlers/runs.ts'
import { type SiteDeps, siteRoutes } from './handlers/site.ts'
import { createStatusReader, type ReadStatus, type StatusSources, statusRoute } from './handlers/status.ts'
import { type SyncDeps, syncRoute } from './handlers/sync.ts'
import { createLoadReader, trainingLoadRoute } from './handlers/training-load.ts'
import { type UnlinkDeps, unlinkOnBehalfRoute, unlinkRoutes } from './handlers/unlink.ts'
import { type WebhookDeps, webhookRoutes } from './handlers/webhooks.ts'
import { createSportsReader, createWorkoutsReader, type WorkoutsDeps, workoutRoutes } from './handlers/workouts.ts'
import type { Route } from './http/route.ts'

export type RouteDeps = LinkFlow &
  StatusSources &
  SyncDeps &
  RunsDeps &
  UnlinkDeps &
  SubscriptionDeps &
  WorkoutsDeps &
  SiteDeps &
  WebhookDeps &
  ErrorsDeps &
  Omit<ExportDeps, 'readStatusOf'> &
  Omit<EventsDeps, 'readStatus'>

/** Every documented route, with what it needs. */
export const createRoutes = (deps: RouteDeps): Route[] => {
  const readStatusOf = createStatusReader(deps)
  const readStatus: ReadStatus = async (athleteId) => readStatusOf(athleteId, await deps.links.ofAthlete(athleteId))
  const readWorkouts = createWorkoutsReader(deps)
  const readLoad = createLoadReader(deps)
  const readSportTypes = createSportsReader(deps)
  return [
    ...siteRoutes(deps),
    ...errorRoutes(deps),
    linkTokenRoute(deps),
    forgetBrowserRoute(deps),
    ...connectRoutes(deps),
    ...callbackRoutes(deps),
    completionRoute(deps, readStatus),
    statusRoute(readStatus),
    syncRoute(deps),
    runsRoute(deps),
    ...unlinkRoutes(deps),
    unlinkOnBehalfRoute(deps),
    pushSubscriptionRoute(deps),
    eventsRoute({ ...deps, readStatus }),
    ...profileRoutes({ ...deps, readStatus, readLoad, readWorkouts, readSportTypes }),
    ...workoutRoutes(deps, readWorkouts),
    trainingLoadRoute(readLoad),
    exportRoute({ ...deps, readStatusOf }),
    ...webhookRoutes(deps),
  ]
}
