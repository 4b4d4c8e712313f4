import { parseCookie, stringifySetCookie } from 'cookie'
import type { Request, Response } from 'express'

export interface Cookies {
  read(request: Request, name: string): string | null
  set(response: Response, name: string, value: string, maxAgeSeconds: number): void
  /** Has the browser drop it. */
  clear(response: Response, name: string): void
}

/**
 * Cookies that bind a linking attempt to a browser. `Lax`, because the return from Strava is a navigation from another
 * site. On https the `__Host-` prefix keeps other hosts of the domain from planting one; over http (development) a
 * browser would refuse prefix and `Secure`, so both are left out.
 */
export const createCookies = (publicUrl: string): Cookies => {
  const secure = publicUrl.startsWith('https:')
  const fullName = (name: string) => `${secure ? '__Host-' : ''}slipstream_${name}`
  const set: Cookies['set'] = (response, name, value, maxAgeSeconds) => {
    response.append(
      'Set-Cookie',
      stringifySetCookie({
        name: fullName(name),
        value,
        maxAge: maxAgeSeconds,
        httpOnly: true,
        secure,
        sameSite: 'lax',
        path: '/',
      }),
    )
  }
  return {
    read: (request, name) => parseCookie(request.headers.cookie ?? '')[fullName(name)] ?? null,
    set,
    clear: (response, name) => set(response, name, '', 0),
  }
}
