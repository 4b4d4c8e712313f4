import type pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

const nameWidth = 10
const quietLevels = new Set(['trace', 'debug'])
/** Shown elsewhere in the line, or of use only to a log store. */
const leftOut = new Set(['time', 'level', 'service', 'msg', 'pid', 'hostname', 'traceId', 'spanId', 'err'])

const timeOf = (value: unknown, now: Date): string => {
  const time = typeof value === 'string' || typeof value === 'number' ? new Date(value) : now
  return (Number.isNaN(time.getTime()) ? now : time).toTimeString().slice(0, 8)
}

const formatValue = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return typeof value === 'string' && /[\s="]/.test(text) ? JSON.stringify(text) : text
}

const formatError = (error: unknown): string => {
  const { name, code, message, cause, stack } = error as Record<string, unknown>
  const headline = `${name ?? 'Error'}${code ? ` ${code}` : ''}: ${message}${cause ? ` <- ${cause}` : ''}`
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^(\s+at |caused by: )/.test(line)) : []
  return [headline, ...frames].map((line) => `\n    ${line.trim()}`).join('')
}

const parse = (line: string): Record<string, unknown> | null => {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null // looks like JSON and is not: shown as it is
  }
}

export interface FormatOptions {
  colors: Colors
  /** Shows debug and trace lines too. */
  verbose?: boolean
  now?: Date
}

/**
 * Turns one line of a process's output into one for people: `14:03:07 ingestion  run finished outcome=ok`. Lines that
 * are not JSON stay as they are behind time and name; null means that the line is not worth showing.
 */
export const formatLine = (service: string, line: string, options: FormatOptions): string | null => {
  const { colors, verbose = false, now = new Date() } = options
  const prefix = (time: unknown) => `${colors.dim(timeOf(time, now))} ${colors.cyan(service.padEnd(nameWidth))}`
  const record = parse(line)
  if (!record) return line.trim() ? `${prefix(undefined)} ${line}` : null
  const level = String(record.level ?? 'info')
  if (quietLevels.has(level) && !verbose) return null

  const isError = level === 'error' || level === 'fatal'
  const paint = isError ? colors.red : level === 'warn' ? colors.yellow : (text: string) => text
  const label = isError || level === 'warn' ? `${level.toUpperCase()} ` : ''
  const fields = Object.entries(record)
    .filter(([name, value]) => !leftOut.has(name) && value !== undefined)
    .map(([name, value]) => ` ${colors.dim(`${name}=`)}${formatValue(value)}`)
  const error = record.err ? paint(formatError(record.err)) : ''
  return `${prefix(record.time)} ${paint(`${label}${record.msg ?? ''}`)}${fields.join('')}${error}`
}
