import type { ErrorCode } from '@slipstream/contracts'

const page = (webReturnUrl: string, returnTo: string | null, query: Record<string, string>): string => {
  const target = returnTo === null ? new URL(webReturnUrl) : new URL(returnTo, new URL(webReturnUrl).origin)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  return target.href
}

/**
 * Where the browser goes after linking. `returnTo` is a path of the page's own origin, never an address; `receiptId` is that of an
 * earlier link which ended for this one.
 */
export const linkedPage = (webReturnUrl: string, returnTo: string | null, receiptId: string | null): string =>
  page(webReturnUrl, returnTo, { strava: 'linked', ...(receiptId !== null && { receipt: receiptId }) })

export const errorPage = (webReturnUrl: string, returnTo: string | null, code: ErrorCode): string =>
  page(webReturnUrl, returnTo, { strava: 'error', code })

const deepLink = (base: string, query: Record<string, string>): string => {
  const target = new URL(base)
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  return target.href
}

/** The deep link carries a one-time result and nothing else: any app may have registered the scheme. */
export const resultDeepLink = (base: string, result: string): string => deepLink(base, { result })

export const errorDeepLink = (base: string, code: ErrorCode): string => deepLink(base, { error: code })
