import {
  type ActionableError,
  actionableError,
  type ErrorCode,
  errorCatalogue,
  type Problem,
  type Profile,
  type ProfileSubmission,
  type ReceiptList,
  type RunPage,
  type Status,
  type Summary,
  type SyncAccepted,
  type WorkoutPage,
} from '@slipstream/contracts'
import type { Access } from './session.ts'

/** The API refused or could not be reached; `problem` is its own answer, or stands in for a missing one. */
export class ProblemError extends Error {
  readonly code: Problem['code']
  readonly problem: Problem

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.title, options)
    this.name = 'ProblemError'
    this.code = problem.code
    this.problem = problem
  }
}

/** In place of an answer that is no problem document. */
const problemInstead = (code: ErrorCode): Problem => ({
  type: 'about:blank',
  status: errorCatalogue[code].status,
  ...actionableError(code),
  errors: [],
})

/** Any thrown value as something to show. */
export const errorToShow = (error: unknown): ActionableError => {
  if (!(error instanceof ProblemError)) return actionableError('internal_error')
  const { code, title, detail, actor, action, actionUrl } = error.problem
  return { code, title, detail, actor, action, actionUrl }
}

const isProblem = (response: Response): boolean =>
  response.headers.get('content-type')?.startsWith('application/problem+json') ?? false

export interface Api {
  summary(): Promise<Summary>
  workouts(page: { limit: number; sportType: string | null; cursor?: string }): Promise<WorkoutPage>
  submitProfile(profile: ProfileSubmission): Promise<Profile>
  /** A one-time address that begins linking in this browser. */
  createConnectUrl(): Promise<string>
  sync(): Promise<SyncAccepted>
  unlink(): Promise<{ receiptId: string }>
  status(): Promise<Status>
  receipts(): Promise<ReceiptList>
  /** Newest first. */
  runs(page: { limit: number; cursor?: string }): Promise<RunPage>
  /** Everything that is held about the athlete, as a file. */
  exported(): Promise<Blob>
}

interface Page {
  limit: number
  sportType?: string | null
  cursor?: string
}

const queryOf = ({ limit, sportType, cursor }: Page): URLSearchParams =>
  new URLSearchParams({
    limit: String(limit),
    ...(sportType ? { sportType } : {}),
    ...(cursor === undefined ? {} : { cursor }),
  })

/** The gateway's API for one signed-in athlete. Every call throws `ProblemError` when it does not succeed. */
export const createApi = (access: Access, onUnauthorized: () => void): Api => {
  const send = (method: string, path: string, body: unknown): Promise<Response> =>
    fetch(`/api/v1${path}`, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        authorization: `Bearer ${access.accessToken()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new ProblemError(problemInstead('service_unavailable'), { cause })
    })

  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const first = await send(method, path, body)
    // A refusal for want of a session has done nothing, so that it may be sent again.
    const response = first.status === 401 && (await access.renew()) ? await send(method, path, body) : first
    if (response.ok) return response
    if (response.status === 401) onUnauthorized()
    // Not the gateway's own words: a proxy in front of it says that it is away.
    const substitute = problemInstead(response.status >= 502 ? 'service_unavailable' : 'internal_error')
    throw new ProblemError(isProblem(response) ? await response.json() : substitute)
  }

  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    (await ask(method, path, body)).json()

  return {
    summary: () => call('GET', '/profile/summary'),
    workouts: (page) => call('GET', `/workouts?${queryOf(page)}`),
    submitProfile: (profile) => call('PUT', '/profile', profile),
    createConnectUrl: async () =>
      (await call<{ connectUrl: string }>('POST', '/strava/link-token', { platform: 'web' })).connectUrl,
    sync: () => call('POST', '/strava/sync'),
    unlink: () => call('DELETE', '/strava/link'),
    status: () => call('GET', '/strava/status'),
    receipts: () => call('GET', '/strava/receipts'),
    runs: (page) => call('GET', `/strava/runs?${queryOf(page)}`),
    exported: async () => (await ask('GET', '/export')).blob(),
  }
}
