import { createRequire } from 'node:module'
import type PinoPretty from 'pino-pretty'

const nameWidth = 10
const traceIdLength = 8

/** As `describeError` of `@slipstream/telemetry` writes it: what was foreseen has no stack, and one line says all. */
interface LoggedError {
  name?: string
  code?: string | number
  message: string
  cause?: string
  stack?: string
}

const formatError = ({ name, code, message, cause, stack }: LoggedError): string =>
  stack ?? `${[name, code].filter(Boolean).join(' ') || 'Error'}: ${message}${cause ? ` <- ${cause}` : ''}`

const optionsFor = (service: string, colorize: boolean): PinoPretty.PrettyOptions => ({
  colorize,
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'service,spanId,pid,hostname',
  errorLikeObjectKeys: ['err'],
  customPrettifiers: {
    time: (time) => String(time),
    level: (level, _key, _log, { labelColorized, colors }) =>
      `${colors.cyan(service.padStart(nameWidth))}${level === 'info' ? '' : ` ${labelColorized}`}:`,
    traceId: (traceId) => String(traceId).slice(0, traceIdLength),
    err: (error) => formatError(error as unknown as LoggedError),
  },
})

const parse = (line: string): Record<string, unknown> | null => {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null // looks like JSON and is not: shown as it is
  }
}

/**
 * Makes what turns one line of a process's output into text for people, with its line end: `14:03:07  ingestion: run
 * finished {"outcome":"ok"}`. Lines that are not JSON stay as they are behind time and name; an empty one is no text.
 */
export const createFormatter = (colorize: boolean): ((service: string, line: string) => string) => {
  let prettyFactory: typeof PinoPretty.prettyFactory | undefined
  return (service, line) => {
    if (!line.trim()) return ''
    // Loaded with the first line, when the servers are on their way up: the launcher has nothing else to do then.
    prettyFactory ??= (createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty).prettyFactory
    const record = { time: Date.now(), level: 'info', ...(parse(line) ?? { msg: line }) }
    return prettyFactory(optionsFor(service, colorize))(record)
  }
}
