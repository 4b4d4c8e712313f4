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

export interface CallSummary {
  readonly total: number
  /** Number of calls by endpoint, then by status. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
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

export const createCallLog = (): CallLog => {
  let total = 0
  let counts: Record<string, Record<string, number>> = {}
  let calls: LoggedCall[] = []
  return {
    add: (call) => {
      total += 1
      const byStatus = counts[call.endpoint] ?? {}
      byStatus[call.status] = (byStatus[call.status] ?? 0) + 1
      counts[call.endpoint] = byStatus
      calls.push(call)
      if (calls.length > keptCalls * 1.2) calls = calls.slice(-keptCalls)
    },
    summary: () => ({ total, counts: structuredClone(counts), calls: calls.slice(-keptCalls) }),
    clear: () => {
      total = 0
      counts = {}
      calls = []
    },
  }
}
