import { parseSetCookie } from 'cookie'

/** A browser as far as linking needs one: keeps cookies per host, follows a redirect only when told to. */
export const createBrowser = () => {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: string) => {
    const { host } = new URL(url)
    const jar = jars.get(host) ?? new Map<string, string>()
    jars.set(host, jar)
    return jar
  }
  const visit = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = new Headers(init.headers)
    if (cookie) headers.set('cookie', cookie)
    if (!headers.has('accept')) headers.set('accept', 'text/html,application/xhtml+xml')
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const { name, value } = parseSetCookie(line)
      if (value) jar.set(name, value)
      else jar.delete(name)
    }
    return response
  }
  return { visit, jarOf }
}

export type Browser = ReturnType<typeof createBrowser>

export const locationOf = (response: Response): string => {
  const location = response.headers.get('location')
  if (!location) throw new Error(`no redirect but ${response.status}`)
  return location
}

export interface Consent {
  /** Strava id of the athlete who is logged in at Strava. */
  athlete: number
  scopes?: readonly string[]
  decision?: 'allow' | 'deny'
}

/** Answers the simulated consent page; returns where Strava sends the browser. */
export const consent = async (browser: Browser, authorizeUrl: string, answer: Consent): Promise<string> => {
  const url = new URL(authorizeUrl)
  const { scope = '', ...parameters } = Object.fromEntries(url.searchParams)
  const form = new URLSearchParams({
    ...parameters,
    requested_scope: scope,
    athlete_id: String(answer.athlete),
    decision: answer.decision ?? 'allow',
  })
  for (const ticked of answer.scopes ?? scope.split(',')) form.append('scope', ticked)
  return locationOf(await browser.visit(url.origin + url.pathname, { method: 'POST', body: form }))
}
