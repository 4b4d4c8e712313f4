import type { EndpointName } from '../domain/fault-rules.ts'

/** One call that reached the simulated Strava. */
export interface LoggedCall {
  readonly at: string
  readonly endpoint: EndpointName
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly stravaAthleteId: number | null
  readonly account: string | null
  /** 0 when the connection was cut instead of an answer. */
  readonly status: number
}

/** Number of calls by endpoint, then by status. */
type CallCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface CallSummary {
  readonly total: number
  readonly counts: CallCounts
  /** The same by account first; `unknown` where no athlete's credential was recognised. */
  readonly countsByAccount: Readonly<Record<string, CallCounts>>
  /** The latest calls, oldest first. */
  readonly calls: readonly LoggedCall[]
}

export interface CallLog {
  add(call: LoggedCall): void
  summary(): CallSummary
  clear(): void
}

/** Counts are complete; single calls are kept up to this number. */
const keptCalls = 5000

const withCall = (counts: CallCounts, { endpoint, status }: LoggedCall): CallCounts => ({
  ...counts,
  [endpoint]: { ...counts[endpoint], [status]: (counts[endpoint]?.[status] ?? 0) + 1 },
})

export const createCallLog = (): CallLog => {
  let total = 0
  let counts: CallCounts = {}
  let countsByAccount: Record<string, CallCounts> = {}
  let calls: LoggedCall[] = []
  return {
    add: (call) => {
      total += 1
      counts = withCall(counts, call)
      const account = call.account ?? 'unknown'
      countsByAccount = { ...countsByAccount, [account]: withCall(countsByAccount[account] ?? {}, call) }
      calls.push(call)
      if (calls.length > keptCalls * 1.2) calls = calls.slice(-keptCalls)
    },
    summary: () => ({ total, counts, countsByAccount, calls: calls.slice(-keptCalls) }),
    clear: () => {
      total = 0
      counts = {}
      countsByAccount = {}
      calls = []
    },
  }
}
