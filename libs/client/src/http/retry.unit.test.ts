import { expect, test } from 'vitest'
import { localError, SlipstreamError } from './error.ts'
import { waitBeforeRetryMs } from './retry.ts'
import { secondsToWait } from './retry-after.ts'

const limits = { maxAttempts: 3, maxWaitMs: 20_000 }
const refusal = (status: number, code: string, retryAfterSeconds: number | null = null) =>
  new SlipstreamError({
    ...{ status, code, retryAfterSeconds, type: 'https://slipstream.test/errors', title: 'No', detail: 'No.' },
    ...{ actor: 'nobody', action: 'wait', actionUrl: null, errors: [] },
  })

test.each<[string, SlipstreamError, number, number | null]>([
  ['a broken connection', localError('unreachable'), 1, 500],
  ['a time-out, the second time', localError('timed_out'), 2, 1_000],
  ['the last try', localError('unreachable'), 3, null],
  ['a limit that is renewed in 7 s', refusal(429, 'too_many_requests', 7), 1, 7_000],
  ['a limit that is renewed too late', refusal(429, 'too_many_requests', 21), 1, null],
  ['a wait shorter than the own one', refusal(503, 'service_unavailable', 0), 2, 1_000],
  ['the first one is still worked on', refusal(409, 'request_in_progress'), 1, 500],
  ['another conflict', refusal(409, 'not_linked'), 1, null],
  ['a refusal', refusal(403, 'forbidden'), 1, null],
  ['a fault of the gateway', refusal(500, 'internal_error'), 1, null],
])('%s', (_name, error, attempt, waitMs) => {
  expect(waitBeforeRetryMs(error, attempt, limits, 0)).toBe(waitMs)
})

const now = Date.parse('2026-11-26T10:00:00Z')

test.each<[Record<string, string>, number | null]>([
  [{}, null],
  [{ 'retry-after': '12' }, 12],
  [{ 'retry-after': 'Thu, 26 Nov 2026 10:00:30 GMT' }, 30],
  [{ 'retry-after': 'Thu, 26 Nov 2026 09:00:00 GMT' }, 0],
  [{ 'retry-after': 'later' }, null],
  [{ ratelimit: '"athlete-60s";r=4;t=13, "athlete-3600s";r=0;t=100' }, 100],
  [{ ratelimit: '"athlete-60s";r=4;t=13' }, null],
  [{ 'retry-after': '5', ratelimit: '"athlete-60s";r=0;t=13' }, 5],
])('%o asks to wait %s s', (headers, seconds) => {
  expect(secondsToWait(new Headers(headers), now)).toBe(seconds)
})
