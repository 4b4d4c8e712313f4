/** Name and value of every hidden field, as a browser would send them back. */
const hiddenFields = (html: string): [string, string][] =>
  [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  ])

export const locationOf = (response: Response, at: string): string => {
  const location = response.headers.get('location')
  if (location === null) throw new Error(`${at} answered ${response.status} without a Location`)
  return location
}

/** The cookies of an answer as the next request sends them back. */
export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((text) => text.split(';', 1)[0])
    .join('; ')

/** The simulated Strava's consent page, filled in as an athlete does; resolves to where it sends the browser. */
export const consent = async (
  consentUrl: string,
  choice: { stravaAthleteId: number; decision: 'allow' | 'deny' },
): Promise<string> => {
  const page = await (await fetch(consentUrl)).text()
  const form = new URLSearchParams([
    ...hiddenFields(page),
    ['athlete_id', String(choice.stravaAthleteId)],
    ['scope', 'activity:read_all'],
    ['decision', choice.decision],
  ])
  const { origin, pathname } = new URL(consentUrl)
  return locationOf(await fetch(`${origin}${pathname}`, { method: 'POST', body: form, redirect: 'manual' }), pathname)
}
