import { isSpanContextValid, trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from './describe-error.ts'

export type { Logger } from 'pino'

const activeTrace = (): Record<string, string> => {
  const context = trace.getActiveSpan()?.spanContext()
  return context && isSpanContextValid(context) ? { traceId: context.traceId, spanId: context.spanId } : {}
}

/** Last line of defence; the first is that no call site passes a secret to the logger. */
const secretNames = ['accessToken', 'refreshToken', 'clientSecret', 'authorization', 'cookie', 'state']
const redactedPaths = secretNames.flatMap((name) => [name, `*.${name}`])

/** JSON lines on stdout with the service's name and, inside a span, `traceId` and `spanId`. Errors go under `err`. */
export const createLogger = (service: string, level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      mixin: activeTrace,
    },
    destination ?? pino.destination({ sync: true }),
  )
