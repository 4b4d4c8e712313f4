import type { z } from 'zod'
import {
  type activityEditSchema,
  type clockSchema,
  type faultsSchema,
  grantSchema,
  type limitsSchema,
  newActivitySchema,
} from './control-inputs.ts'
import type { SummaryActivity } from './domain/activity.ts'
import { type Athlete, athletes, findAthlete } from './domain/athletes.ts'
import type { ActivityPlan } from './domain/build-activity.ts'
import { distortionSchema } from './domain/distortion.ts'
import { type Behaviour, type FaultRule, faultRuleSchema } from './domain/fault-rules.ts'
import type { QuarterHour, QuotaLimits, QuotaUsage } from './domain/quota.ts'
import { sportFor } from './domain/sports.ts'
import { announceChange, announceDeauthorization } from './domain/webhook-events.ts'
import type { ActivityBook } from './state/activity-book.ts'
import type { CallLog, CallSummary } from './state/call-log.ts'
import type { GrantBook } from './state/grant-book.ts'
import type { HeldCall, HeldCalls } from './state/held-calls.ts'
import type { MovableClock } from './state/movable-clock.ts'
import type { QuotaMeter } from './state/quota-meter.ts'
import type { SubscriptionBook } from './state/subscription-book.ts'
import type { Switches } from './state/switches.ts'
import { UnknownSubjectError } from './unknown-subject-error.ts'
import type { WebhookDelivery, WebhookSender } from './webhook-sender.ts'

interface AthleteView {
  readonly stravaAthleteId: number
  readonly account: string
  readonly name: string
  readonly about: string
  readonly connected: boolean
  readonly scopes: readonly string[]
  readonly activityCount: number
  /** The five newest; what is `invisible` looks deleted to the application. */
  readonly latest: readonly (SummaryActivity & { readonly invisible: boolean })[]
}

interface ClockView {
  readonly time: string
  /** How far ahead of the real clock; negative is behind. */
  readonly offsetMs: number
}

/**
 * The simulation's steering wheel, used in process by tests and over HTTP by everyone else. `athlete` parameters take
 * an account name (`anna`) or a Strava id. Throws UnknownSubjectError when the named thing does not exist.
 */
export interface Control {
  athletes(): readonly AthleteView[]
  addActivity(athlete: string, activity?: z.input<typeof newActivitySchema>): SummaryActivity
  /** An activity that started three days ago (or `startedHoursAgo`) and is uploaded only now. */
  lateUpload(athlete: string, activity?: z.input<typeof newActivitySchema>): SummaryActivity
  editActivity(activityId: number, edit: z.input<typeof activityEditSchema>): SummaryActivity
  deleteActivity(activityId: number): void
  /** The athlete revokes the application in Strava's settings. False when it was not connected. */
  revoke(athlete: string): boolean
  /** Consent and code exchange in one step, without a browser. */
  grant(
    athlete: string,
    options?: z.input<typeof grantSchema>,
  ): {
    stravaAthleteId: number
    accessToken: string
    refreshToken: string
    expiresAt: string
    scopes: readonly string[]
  }
  /** Ends the athlete's access tokens now; the refresh token stays good. */
  expireAccessTokens(athlete: string): void
  /** Strava's clock: quota windows, token lives, start times, webhook times and the `Date` of every answer go by it. */
  clock(): ClockView
  setClock(to: z.input<typeof clockSchema>): void
  advanceClock(seconds: number): void
  limits(): {
    readonly limits: QuotaLimits
    readonly usage: QuotaUsage
    readonly quarterHours: readonly QuarterHour[]
  }
  setLimits(limits: z.input<typeof limitsSchema>): void
  faults(): { readonly rules: readonly FaultRule[]; readonly behaviour: Behaviour; readonly latencyMs: number }
  setFaults(faults: z.input<typeof faultsSchema>): void
  /** Held calls are released, and webhooks that wait are sent. */
  clearFaults(): void
  /**
   * Everything that goes wrong ends: faults with what they hold, latency, the clock's setting, distortions, and what is
   * invisible to the application. Grants, limits, and what was added, edited or deleted stay.
   */
  allGoodAgain(): void
  /** Calls that wait for `releaseHeld`, in the order of their arrival. */
  heldCalls(): readonly HeldCall[]
  releaseHeld(): void
  setLatency(latencyMs: number): void
  calls(): CallSummary
  clearCalls(): void
  webhooks(): readonly WebhookDelivery[]
  /** Everything back to the start, grants and subscription included. */
  reset(): void
}

const lateUploadHours = 72

export const createControl = (deps: {
  clock: MovableClock
  activities: ActivityBook
  grants: GrantBook
  quota: QuotaMeter
  switches: Switches
  subscriptions: SubscriptionBook
  calls: CallLog
  held: HeldCalls
  webhooks: WebhookSender
}): Control => {
  const { clock, activities, grants, quota, switches, subscriptions, calls, held, webhooks } = deps

  const theAthlete = (reference: string): Athlete => {
    const athlete = findAthlete(reference)
    if (!athlete) throw new UnknownSubjectError(`there is no simulated athlete ${reference}`)
    return athlete
  }
  const theActivity = (activityId: number): SummaryActivity => {
    const activity = activities.find(activityId)
    if (!activity) throw new UnknownSubjectError(`there is no activity ${activityId}`)
    return activity
  }
  const announce = (before: SummaryActivity | null, after: SummaryActivity | null) => {
    const athleteId = (after ?? before)?.athlete.id
    const grant = athleteId === undefined ? undefined : grants.of(athleteId)
    webhooks.announce(announceChange(before, after, grant?.scopes ?? null))
  }

  const plan = (input: Omit<z.output<typeof newActivitySchema>, 'distortion'>): ActivityPlan => {
    const { startedHoursAgo, ...rest } = input
    const movingMinutes = rest.movingMinutes ?? sportFor(rest.sportType).defaultMinutes
    // Room for pauses, so that an activity that "has just ended" has really ended.
    const agoMs = startedHoursAgo === undefined ? (movingMinutes * 1.15 + 1) * 60_000 : startedHoursAgo * 3_600_000
    return { ...rest, movingMinutes, startedAt: new Date(clock.now().getTime() - agoMs) }
  }
  const addActivity: Control['addActivity'] = (athlete, input = {}) => {
    const { distortion = null, ...rest } = newActivitySchema.parse(input)
    const activity = activities.add(theAthlete(athlete), plan(rest))
    activities.distort(activity.id, distortion)
    announce(null, activity)
    return activity
  }

  const edited = (activity: SummaryActivity, edit: z.input<typeof activityEditSchema>): SummaryActivity => {
    const visibility =
      edit.visibility ?? (edit.private === undefined ? activity.visibility : edit.private ? 'only_me' : 'everyone')
    const sportType = edit.sportType ?? activity.sport_type
    return {
      ...activity,
      name: edit.name ?? activity.name,
      sport_type: sportType,
      type: edit.sportType === undefined ? activity.type : sportFor(sportType).type,
      visibility,
      private: visibility === 'only_me',
      distance: edit.distanceMeters ?? activity.distance,
      moving_time: edit.movingTimeSeconds ?? activity.moving_time,
    }
  }

  const editActivity: Control['editActivity'] = (activityId, edit) => {
    const before = theActivity(activityId)
    const after = edited(before, edit)
    activities.replace(after)
    if (edit.distortion !== undefined)
      activities.distort(activityId, distortionSchema.nullable().parse(edit.distortion))
    const wasHidden = activities.isHidden(activityId)
    const isHidden = edit.invisible ?? wasHidden
    activities.hide(activityId, isHidden)
    announce(wasHidden ? null : before, isHidden ? null : after)
    return after
  }
  const endFaults = () => {
    switches.reset()
    held.release()
    webhooks.hurry()
  }

  return {
    athletes: () =>
      athletes.map((athlete) => {
        const grant = grants.of(athlete.stravaAthleteId)
        const all = activities.of(athlete.stravaAthleteId)
        return {
          stravaAthleteId: athlete.stravaAthleteId,
          account: athlete.account,
          name: `${athlete.firstName} ${athlete.lastName}`,
          about: athlete.about,
          connected: grant !== undefined,
          scopes: grant?.scopes ?? [],
          activityCount: all.length,
          latest: all
            .toSorted((left, right) => right.start_date.localeCompare(left.start_date))
            .slice(0, 5)
            .map((activity) => ({ ...activity, invisible: activities.isHidden(activity.id) })),
        }
      }),
    addActivity,
    lateUpload: (athlete, input = {}) => addActivity(athlete, { startedHoursAgo: lateUploadHours, ...input }),
    editActivity,
    deleteActivity: (activityId) => {
      const activity = theActivity(activityId)
      const wasHidden = activities.isHidden(activityId)
      activities.remove(activityId)
      announce(wasHidden ? null : activity, null)
    },
    revoke: (reference) => {
      const { stravaAthleteId } = theAthlete(reference)
      const revoked = grants.revokeAthlete(stravaAthleteId)
      if (revoked) webhooks.announce([announceDeauthorization(stravaAthleteId)])
      return revoked
    },
    grant: (reference, options = {}) => {
      const { stravaAthleteId } = theAthlete(reference)
      const { scopes } = grantSchema.parse(options)
      const issued = grants.exchange(grants.issueCode(stravaAthleteId, scopes))
      if (!issued) throw new Error('a code that was just issued must be good')
      return {
        stravaAthleteId,
        accessToken: issued.access.token,
        refreshToken: issued.refreshToken,
        expiresAt: new Date(issued.access.expiresAt * 1000).toISOString(),
        scopes,
      }
    },
    expireAccessTokens: (reference) => grants.expireAccessTokens(theAthlete(reference).stravaAthleteId),
    clock: () => ({ time: clock.now().toISOString(), offsetMs: clock.offsetMs() }),
    setClock: (to) => {
      const offsetMs = 'offsetMs' in to ? to.offsetMs : clock.offsetMs() + Date.parse(to.time) - clock.now().getTime()
      clock.setOffsetMs(offsetMs)
    },
    advanceClock: (seconds) => clock.setOffsetMs(clock.offsetMs() + seconds * 1000),
    limits: () => ({ limits: quota.limits(), usage: quota.usage(), quarterHours: quota.quarterHours() }),
    setLimits: ({ overall = {}, read = {} }) => {
      const limits = quota.limits()
      quota.setLimits({
        overall: {
          quarterHour: overall.quarterHour ?? limits.overall.quarterHour,
          day: overall.day ?? limits.overall.day,
        },
        read: { quarterHour: read.quarterHour ?? limits.read.quarterHour, day: read.day ?? limits.read.day },
      })
    },
    faults: () => ({ rules: switches.rules(), behaviour: switches.behaviour(), latencyMs: switches.latencyMs() }),
    setFaults: ({ rules, behaviour }) => {
      if (rules) switches.setRules(rules.map((rule) => faultRuleSchema.parse(rule)))
      if (!behaviour) return
      const current = switches.behaviour()
      const named = Object.fromEntries(Object.entries(behaviour).filter(([, value]) => value !== undefined))
      switches.setBehaviour({
        ...current,
        ...named,
        webhooks: { ...current.webhooks, ...behaviour.webhooks },
      } as Behaviour)
    },
    clearFaults: () => {
      const latencyMs = switches.latencyMs()
      endFaults()
      switches.setLatencyMs(latencyMs)
    },
    allGoodAgain: () => {
      endFaults()
      clock.setOffsetMs(0)
      activities.clearDistortions()
      for (const id of activities.hiddenIds()) editActivity(id, { invisible: false })
    },
    heldCalls: held.waiting,
    releaseHeld: held.release,
    setLatency: switches.setLatencyMs,
    calls: calls.summary,
    clearCalls: calls.clear,
    webhooks: webhooks.deliveries,
    reset: () => {
      clock.setOffsetMs(0)
      activities.reset()
      grants.reset()
      quota.reset()
      endFaults()
      subscriptions.reset()
      calls.clear()
      webhooks.forget()
    },
  }
}
