import type { ErrorCode } from '@slipstream/contracts'
import { knownCode } from '@slipstream/contracts/errors'

/** What the gateway sent the app back with. */
export type Returned = { kind: 'result'; result: string } | { kind: 'error'; code: ErrorCode }

/**
 * Reads a URL that opened the app; null for one that is none of a return from linking. Written without `URL`, whose version in React
 * Native cannot be trusted with schemes of an app's own.
 */
export const readReturn = (url: string, returnUrl: string): Returned | null => {
  const [address, query = ''] = url.split('#', 1)[0]?.split('?', 2) ?? []
  if (address !== returnUrl) return null
  const parameter = (name: string): string | null => {
    const pair = query.split('&').find((one) => one.startsWith(`${name}=`))
    try {
      return pair === undefined ? null : decodeURIComponent(pair.slice(name.length + 1))
    } catch {
      return null
    }
  }
  const result = parameter('result')
  if (result) return { kind: 'result', result }
  const error = parameter('error')
  return error ? { kind: 'error', code: knownCode(error) } : null
}
