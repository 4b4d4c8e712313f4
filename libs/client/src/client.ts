import type {
  ErrorEntry,
  ErrorList,
  Export,
  LinkCompletionRequest,
  LinkToken,
  LinkTokenRequest,
  ListRunsQuery,
  ListWorkoutsQuery,
  PageConfig,
  Profile,
  ProfileSubmission,
  Receipt,
  ReceiptList,
  Run,
  RunPage,
  Status,
  SubscriptionCheck,
  SubscriptionRequest,
  Summary,
  SyncAccepted,
  TrainingLoad,
  UnlinkAccepted,
  Workout,
  WorkoutPage,
} from './generated/contracts.ts'
import { type FollowOptions, follow, type LiveEvent } from './http/follow.ts'
import { itemsOf } from './http/pages.ts'
import { type CallOptions, createTransport, type Fetch, type GetToken, type RequestParts } from './http/transport.ts'

export interface ClientOptions {
  /** Address of the gateway, for example `https://slipstream.example.com`. */
  baseUrl: string
  /**
   * Gives the access token of the athlete who is signed in; asked before each request. After a 401 it is asked once more
   * with `renew: true`, and the request goes out again if the token is another one.
   */
  getToken: GetToken
  /** In place of the global one. React Native's own cannot stream: give `fetch` of `expo/fetch` for `followEvents`. */
  fetch?: Fetch
  /** How long one try may take; 30 s. */
  timeoutMs?: number
  /** Tries in all, of requests that are safe to repeat; 3. */
  maxAttempts?: number
  /** The longest wait before another try, also when the gateway asks for one; beyond it the error is thrown at once. 20 s. */
  maxWaitMs?: number
}

export interface RepeatableOptions extends CallOptions {
  /** For a day the same key and body get the same answer; made anew for each call unless given. */
  idempotencyKey?: string
}

const newKey = (): string =>
  // React Native and pages on plain http have no randomUUID. The key has to be the athlete's only one, not a secret.
  globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random()}`.replaceAll('.', '')

const id = (value: string): string => encodeURIComponent(value)

/**
 * The gateway's HTTP API. The methods are named as the operations of its OpenAPI document are; each throws a
 * `SlipstreamError` when it does not succeed.
 */
export const createClient = (options: ClientOptions) => {
  const transport = createTransport({
    baseUrl: options.baseUrl,
    getToken: options.getToken,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs: options.timeoutMs ?? 30_000,
    maxAttempts: options.maxAttempts ?? 3,
    maxWaitMs: options.maxWaitMs ?? 20_000,
  })
  const call = <Answer>(
    method: RequestParts['method'],
    path: string,
    parts: Omit<RequestParts, 'method' | 'path'> = {},
  ) => transport.json<Answer>({ ...parts, method, path })
  const callRepeatably = <Answer>(
    path: string,
    { idempotencyKey = newKey(), ...parts }: Omit<RequestParts, 'method' | 'path'>,
  ) => call<Answer>('POST', path, { ...parts, idempotencyKey })

  const listWorkouts = (query: ListWorkoutsQuery = {}, callOptions: CallOptions = {}): Promise<WorkoutPage> =>
    call('GET', '/api/v1/workouts', { ...callOptions, query })
  const listRuns = (query: ListRunsQuery = {}, callOptions: CallOptions = {}): Promise<RunPage> =>
    call('GET', '/api/v1/strava/runs', { ...callOptions, query })
  const listReceipts = (callOptions: CallOptions = {}): Promise<ReceiptList> =>
    call('GET', '/api/v1/strava/receipts', callOptions)
  async function* receiptsOf(callOptions: CallOptions): AsyncGenerator<Receipt, void, undefined> {
    yield* (await listReceipts(callOptions)).items
  }

  return {
    /** Begins to link Strava. Web: open `connectUrl` in the same browser. Mobile: in the system's browser. */
    createLinkToken: (request: LinkTokenRequest, repeat: RepeatableOptions = {}): Promise<LinkToken> =>
      callRepeatably('/api/v1/strava/link-token', { ...repeat, body: request, withCookies: true }),
    /** Completes linking in a mobile app, within 60 seconds of the deep link. */
    completeLink: (request: LinkCompletionRequest, repeat: RepeatableOptions = {}): Promise<Status> =>
      callRepeatably('/api/v1/strava/callback', { ...repeat, body: request }),
    /** For a page whose athlete signs out: drops the cookies that bind linking attempts to this browser. */
    forgetBrowser: (callOptions: CallOptions = {}): Promise<void> =>
      call('DELETE', '/api/v1/strava/link-token', { ...callOptions, isPublic: true, withCookies: true }),

    /** What is true of the connection now, and who has to do what. */
    getStatus: (callOptions: CallOptions = {}): Promise<Status> => call('GET', '/api/v1/strava/status', callOptions),
    /** Sync now. Asked again while one waits: the same run. */
    requestSync: (repeat: RepeatableOptions = {}): Promise<SyncAccepted> =>
      callRepeatably('/api/v1/strava/sync', repeat),
    /** Unlinks Strava and erases what came from it; the receipt tells when all is gone. */
    unlink: (callOptions: CallOptions = {}): Promise<UnlinkAccepted> =>
      call('DELETE', '/api/v1/strava/link', callOptions),
    /** A page of runs, newest first. */
    listRuns,
    /** All runs of the last 30 days, newest first. */
    runs: (query: Omit<ListRunsQuery, 'cursor'> = {}, callOptions: CallOptions = {}): AsyncIterable<Run> =>
      itemsOf((cursor) => listRuns({ ...query, ...(cursor !== undefined && { cursor }) }, callOptions)),
    /** Written confirmations of unlinks: the last hundred, newest first. */
    listReceipts,
    /** As `listReceipts`, one by one. */
    receipts: (callOptions: CallOptions = {}): AsyncIterable<Receipt> => receiptsOf(callOptions),
    /** Complete when `completedAt` is set. */
    getReceipt: (receiptId: string, callOptions: CallOptions = {}): Promise<Receipt> =>
      call('GET', `/api/v1/strava/receipts/${id(receiptId)}`, callOptions),
    /** What happens to the connection, live, through breaks of the network: `for await (const event of …)`. */
    followEvents: (following: FollowOptions = {}): AsyncGenerator<LiveEvent, void, undefined> =>
      follow(
        (lastEventId, signal) =>
          transport.open({
            method: 'GET',
            path: '/api/v1/strava/events',
            signal,
            headers: {
              accept: 'text/event-stream, application/problem+json',
              ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
            },
          }),
        following,
      ),

    /** A page of workouts, newest first; go on with `cursor` = `nextCursor` until that is null. */
    listWorkouts,
    /** All workouts, newest first. */
    workouts: (query: Omit<ListWorkoutsQuery, 'cursor'> = {}, callOptions: CallOptions = {}): AsyncIterable<Workout> =>
      itemsOf((cursor) => listWorkouts({ ...query, ...(cursor !== undefined && { cursor }) }, callOptions)),
    getWorkout: (workoutId: string, callOptions: CallOptions = {}): Promise<Workout> =>
      call('GET', `/api/v1/workouts/${id(workoutId)}`, callOptions),
    /** Daily load over 28 days, and its means. */
    getTrainingLoad: (callOptions: CallOptions = {}): Promise<TrainingLoad> =>
      call('GET', '/api/v1/training-load', callOptions),

    /** All null until submitted. */
    getProfile: (callOptions: CallOptions = {}): Promise<Profile> => call('GET', '/api/v1/profile', callOptions),
    submitProfile: (profile: ProfileSubmission, callOptions: CallOptions = {}): Promise<Profile> =>
      call('PUT', '/api/v1/profile', { ...callOptions, body: profile }),
    /** Profile, connection, training load and recent workouts in one. */
    getSummary: (callOptions: CallOptions = {}): Promise<Summary> =>
      call('GET', '/api/v1/profile/summary', callOptions),
    /** Everything held about the athlete, apart from tokens. */
    exportAll: (callOptions: CallOptions = {}): Promise<Export> => call('GET', '/api/v1/export', callOptions),

    /** For operators: unlinks an athlete who has asked for it. */
    unlinkOnBehalf: (athleteId: string, callOptions: CallOptions = {}): Promise<UnlinkAccepted> =>
      call('DELETE', `/api/v1/operator/athletes/${id(athleteId)}/link`, callOptions),
    /** For operators: sees to the app's push subscription at Strava now. */
    checkPushSubscription: (
      request: SubscriptionRequest = {},
      callOptions: CallOptions = {},
    ): Promise<SubscriptionCheck> =>
      call('PUT', '/api/v1/operator/push-subscription', { ...callOptions, body: request }),

    /** Where the web page signs in. */
    getPageConfig: (callOptions: CallOptions = {}): Promise<PageConfig> =>
      call('GET', '/config.json', { ...callOptions, isPublic: true }),
    /** The error catalogue. */
    listErrors: (callOptions: CallOptions = {}): Promise<ErrorList> =>
      call('GET', '/errors', { ...callOptions, isPublic: true }),
    getError: (code: string, callOptions: CallOptions = {}): Promise<ErrorEntry> =>
      call('GET', `/errors/${id(code)}`, { ...callOptions, isPublic: true }),
    /** The OpenAPI document. */
    getOpenApi: (callOptions: CallOptions = {}): Promise<Record<string, unknown>> =>
      call('GET', '/openapi.json', { ...callOptions, isPublic: true }),
    /** The AsyncAPI document: the events on NATS. */
    getAsyncApi: (callOptions: CallOptions = {}): Promise<Record<string, unknown>> =>
      call('GET', '/asyncapi.json', { ...callOptions, isPublic: true }),
  }
}

export type SlipstreamClient = ReturnType<typeof createClient>
