import { get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Exit, type SupervisedProcess, superviseProcess } from '@slipstream/embedded'

export const serviceNames = ['gateway', 'scheduler', 'ingestion', 'simulator'] as const

export type ServiceName = (typeof serviceNames)[number]

export interface ServiceProcess {
  name: string
  command: string
  args: readonly string[]
  cwd: string
  env: Record<string, string | undefined>
  /** Answers 200 when it is ready. */
  readyUrl: string
}

export interface ServiceOptions {
  registryDir: string
  signal: AbortSignal
  onLine: (line: string) => void
}

const readyDeadlineMs = 60_000
const stopDeadlineMs = 25_000
const pollMs = 50
const keptLines = 15

/** Raised when a service ends before it is ready, or is not ready in time; the message shows its last lines. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError'
  readonly code = 'service_not_started'
}

/** Asks once; a service that does not listen yet, or does not answer within 2 s, is not ready. */
const isReady = ({ readyUrl }: ServiceProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(readyUrl, { agent: false, timeout: 2_000 })
    request.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.once('timeout', () => request.destroy(new Error('no answer')))
    request.once('error', () => resolve(false))
  })

const untilReady = async (service: ServiceProcess, child: SupervisedProcess, signal: AbortSignal): Promise<void> => {
  let exit: Exit | undefined
  child.exited.then((value) => {
    exit = value
  })
  const deadline = Date.now() + readyDeadlineMs
  while (true) {
    const isAnswered = await isReady(service)
    signal.throwIfAborted()
    // Looked at after the answer, which is another process's where that was quicker to take the port.
    if (exit) throw new Error(`ended with ${exit.signal ?? `code ${exit.code}`} before it was ready`)
    if (isAnswered) return
    if (Date.now() > deadline) throw new Error(`is not ready after ${readyDeadlineMs / 1000} s`)
    await delay(pollMs)
  }
}

/**
 * Starts a service and waits until it says that it is ready.
 * @throws ServiceStartError when that does not happen, and the process is gone by then; or when another one answers in its place
 */
export const startService = async (
  service: ServiceProcess,
  { registryDir, signal, onLine }: ServiceOptions,
): Promise<SupervisedProcess> => {
  if (await isReady(service))
    throw new ServiceStartError(`${service.name}: another process answers at ${service.readyUrl} already`)
  const lastLines: string[] = []
  const child = await superviseProcess({
    name: service.name,
    command: service.command,
    args: service.args,
    cwd: service.cwd,
    env: service.env,
    registryDir,
    stopDeadlineMs,
    onLine: (line) => {
      lastLines.push(line)
      if (lastLines.length > keptLines) lastLines.shift()
      onLine(line)
    },
  })
  try {
    await untilReady(service, child, signal)
    return child
  } catch (error) {
    await child.stop()
    signal.throwIfAborted()
    const output = lastLines.map((line) => `\n    ${line}`).join('')
    throw new ServiceStartError(`${service.name} ${(error as Error).message}; its last lines:${output || ' none'}`, {
      cause: error,
    })
  }
}
