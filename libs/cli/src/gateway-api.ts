import { problemSchema } from '@slipstream/contracts'
import { type Environment, readConfig, setting } from '@slipstream/runtime'
import { z } from 'zod'
import { fetchReason } from './fetch-reason.ts'
import { readDeployment } from './settings.ts'

/** The gateway did not do what it was asked for; `code` is an entry of the error catalogue where it said why. */
export class GatewayRefusedError extends Error {
  override readonly name = 'GatewayRefusedError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const limitMs = 15_000

const ask = async (url: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) })
  } catch (error) {
    throw new GatewayRefusedError(
      'service_unavailable',
      `${new URL(url).origin} does not answer: ${fetchReason(error)}`,
    )
  }
}

/** The simulator signs in its own operator, so the demo needs no token. */
const demoToken = async (simulatorUrl: string): Promise<string> => {
  const url = `${simulatorUrl}/control/api/tokens?account=olga&format=text`
  const response = await ask(url, { method: 'POST' })
  if (!response.ok) throw new GatewayRefusedError('unauthorized', 'the simulator gives its operator no token')
  return (await response.text()).trim()
}

const readAccess = (env: Environment) => {
  const { SIMULATOR_URL } = readConfig(z.object({ SIMULATOR_URL: setting.url('http', 'https').optional() }), env)
  const token = setting.secret()
  const schema = z.object({ SLIPSTREAM_OPERATOR_TOKEN: SIMULATOR_URL ? token.optional() : token })
  return { simulatorUrl: SIMULATOR_URL, token: readConfig(schema, env).SLIPSTREAM_OPERATOR_TOKEN }
}

/**
 * Asks a route for operators: what has one writer is written by it, whoever wishes it.
 * @throws GatewayRefusedError; ConfigError without PUBLIC_URL or SLIPSTREAM_OPERATOR_TOKEN
 */
export const askGateway = async <T>(
  env: Environment,
  { method, path, body, answer }: { method: string; path: string; body?: object; answer: z.ZodType<T> },
): Promise<T> => {
  const { PUBLIC_URL: publicUrl = 'http://localhost:3000' } = readDeployment(env)
  const { simulatorUrl, token } = readAccess(env)
  const accessToken = token?.reveal() ?? (await demoToken(simulatorUrl ?? ''))
  const response = await ask(publicUrl + path, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.ok) return answer.parse(JSON.parse(text))
  const problem = problemSchema.safeParse(text.startsWith('{') ? JSON.parse(text) : null)
  throw problem.success
    ? new GatewayRefusedError(problem.data.code, `the gateway refuses: ${problem.data.title} (${problem.data.code})`)
    : new GatewayRefusedError(
        'internal_error',
        `${publicUrl} answers with HTTP ${response.status}, and not as a gateway`,
      )
}
