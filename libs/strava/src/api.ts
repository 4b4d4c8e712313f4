import type { Secret } from '@slipstream/runtime'
import pRetry from 'p-retry'
import { z } from 'zod'
import { readActivities, type StravaActivity, type UnreadableActivity } from './activity.ts'
import { athleteSchema, type StravaAthlete, toAthlete } from './athlete.ts'
import { attempt, type TransportOptions } from './attempt.ts'
import type { Reading } from './json.ts'
import type { StravaEndpoint } from './judgement.ts'
import { idSchema, readJsonWith } from './lenient.ts'
import type { Pace } from './pace.ts'
import type { QuotaReading } from './quota-reading.ts'
import { createRetryBudget } from './retry-budget.ts'
import { StravaError } from './strava-error.ts'

export interface StravaApiOptions extends TransportOptions {
  /** Such as `https://www.strava.com/api/v3`. */
  baseUrl: string
  /** Default: calls start at once. */
  pace?: Pace
  retry?: RetryOptions
}

/** `maxRetries` after the first attempt (2), the shortest wait before one (300 ms), no new attempt after `budgetMs` (15 s). */
export interface RetryOptions {
  maxRetries?: number
  minDelayMs?: number
  budgetMs?: number
}

/** Part of every call. */
export interface StravaCallOptions {
  accessToken: Secret
  signal?: AbortSignal
  /**
   * Awaited before every HTTP attempt, retries included: take one quota permit here. What it throws ends the call and
   * reaches the caller as it is.
   */
  beforeAttempt?: () => Promise<void>
}

interface OfOwner {
  /** The Strava athlete whose activities they have to be, as far as they say; absent: anybody's. */
  ownerId?: string
}

export interface ListActivitiesOptions extends StravaCallOptions, OfOwner {
  /** Bounds on the start time; whether Strava includes the bound itself is not documented, so overlap. */
  after?: Date
  before?: Date
  /** From 1. The last page is the empty one: a page may be short while more follow. */
  page: number
  /** At most 200. */
  perPage: number
}

/** An answer, and what its headers told about the quota. */
export interface StravaAnswer<T> {
  data: T
  quota: QuotaReading | null
}

export interface ActivityPage extends StravaAnswer<StravaActivity[]> {
  unreadable: UnreadableActivity[]
}

/** Every method throws StravaError, what `beforeAttempt` throws, or the abort reason of `signal`. */
export interface StravaApi {
  /** Needs `activity:read`. The order depends on the bounds (`after` alone: oldest first); do not rely on it. */
  listActivities(options: ListActivitiesOptions): Promise<ActivityPage>
  /**
   * A page of one, or of none and one that is unreadable. Fails with kind `not_found` when the activity is deleted or not
   * visible to the token.
   */
  getActivity(options: StravaCallOptions & OfOwner & { stravaActivityId: string }): Promise<ActivityPage>
  getAthlete(options: StravaCallOptions): Promise<StravaAnswer<StravaAthlete>>
}

const epochSeconds = (date: Date, round: (seconds: number) => number) => String(round(date.getTime() / 1000))

const listPath = ({ after, before, page, perPage }: ListActivitiesOptions): string => {
  const query = new URLSearchParams({ page: String(page), per_page: String(perPage) })
  // Rounded outwards: a bound between two seconds must not lose the activity on it.
  if (after) query.set('after', epochSeconds(after, Math.floor))
  if (before) query.set('before', epochSeconds(before, Math.ceil))
  return `/athlete/activities?${query}`
}

const activityPath = (stravaActivityId: string): string => {
  // Ids reach here from webhooks; one with a path in it must not select another resource.
  if (!/^\d+$/.test(stravaActivityId)) throw new TypeError('stravaActivityId must be all digits')
  return `/activities/${stravaActivityId}`
}

const readPage = readJsonWith(z.array(z.unknown()).transform(readActivities))
const readOne = readJsonWith(
  z
    .object({ id: idSchema })
    .loose()
    .transform((raw) => readActivities([raw])),
)
const readAthlete = readJsonWith(athleteSchema.transform(toAthlete))

type ReadPage = (text: string) => Reading<ReturnType<typeof readActivities>>

const ofOwner =
  (read: ReadPage, { ownerId }: OfOwner): ReadPage =>
  (text) => {
    const reading = read(text)
    if (!('data' in reading) || ownerId === undefined) return reading
    const isOfAnother = reading.data.activities.some(({ athleteId }) => athleteId !== null && athleteId !== ownerId)
    return isOfAnother ? { problem: 'holds activities of another athlete', isOfAnother } : reading
  }

const toPage = ({ data, quota }: StravaAnswer<ReturnType<typeof readActivities>>): ActivityPage => ({
  data: data.activities,
  unreadable: data.unreadable,
  quota,
})

/** Failures that pass within moments. A timeout is not: the wait is spent, and the caller's own retry comes later. */
const isShort = (error: unknown): boolean =>
  error instanceof StravaError && error.kind === 'transient' && error.outcome !== 'timeout'

const unpaced: Pace = { run: (call) => call() }

/**
 * Client of the Strava API for reading. Short failures (network, 5xx) are retried within the call, all others are the
 * caller's: a 429 above all is never repeated here, as refused calls count too.
 */
export const createStravaApi = ({ baseUrl, pace = unpaced, retry = {}, ...transport }: StravaApiOptions): StravaApi => {
  const base = baseUrl.replace(/\/+$/, '')
  const retryBudget = createRetryBudget()

  const get = <T>(
    endpoint: StravaEndpoint,
    path: string,
    options: StravaCallOptions,
    read: (text: string) => Reading<T>,
  ) => {
    const { accessToken, signal, beforeAttempt } = options
    const oneAttempt = async () => {
      signal?.throwIfAborted()
      await beforeAttempt?.()
      const headers = { accept: 'application/json', authorization: `Bearer ${accessToken.reveal()}` }
      return attempt({ endpoint, url: base + path, init: { headers }, signal, read }, transport)
    }
    retryBudget.earn()
    return pRetry(() => pace.run(oneAttempt), {
      retries: retry.maxRetries ?? 2,
      minTimeout: retry.minDelayMs ?? 300,
      maxRetryTime: retry.budgetMs ?? 15_000,
      randomize: true,
      shouldRetry: ({ error }) => isShort(error) && retryBudget.spend(),
      ...(signal && { signal }),
    })
  }

  return {
    listActivities: async (options) =>
      toPage(await get('activities', listPath(options), options, ofOwner(readPage, options))),
    getActivity: async (options) =>
      toPage(await get('activity', activityPath(options.stravaActivityId), options, ofOwner(readOne, options))),
    getAthlete: async (options) => get('athlete', '/athlete', options, readAthlete),
  }
}
