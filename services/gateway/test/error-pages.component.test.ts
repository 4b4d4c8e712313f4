import { type ErrorCode, errorCatalogue, errorCodes } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const person = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const program = { accept: 'application/json' }

/** Who can do something about it, and what: as somebody who has met the error would have to know it. */
const truths: Record<ErrorCode, [who: RegExp, todo: RegExp]> = {
  profile_required: [/^You/, /your profile/],
  link_token_invalid: [/^You/, /Connect with Strava again/],
  link_expired: [/^You/, /Connect with Strava again/],
  consent_denied: [/^You/, /Connect with Strava again/],
  scope_missing: [/^You/, /Connect with Strava again/],
  strava_account_in_use: [/^You/, /which Strava account/],
  different_strava_account: [/^You/, /which Strava account/],
  app_full: [/^The operator/, /tell them/],
  app_inactive: [/^The operator/, /tell them/],
  app_misconfigured: [/^The operator/, /tell them/],
  endpoint_closed: [/^The operator/, /tell them/],
  strava_refuses: [/^First you.*operator/, /Connect Strava again.*tell the operator/],
  reauth_required: [/^You/, /agree once more/],
  quota_exhausted: [/^Nobody/, /Wait/],
  strava_unavailable: [/^Nobody/, /Wait/],
  not_linked: [/^You/, /Connect with Strava/],
  result_invalid: [/^You/, /in the app/],
  unauthorized: [/^You: the person, or the program/, /Sign in/],
  forbidden: [/^The operator/, /role/],
  invalid_request: [/^Whoever made the request/, /Change the request/],
  not_found: [/^Whoever made the request/, /Look at the address/],
  method_not_allowed: [/^Whoever made the request/, /Change the request/],
  payload_too_large: [/^Whoever made the request/, /Change the request/],
  unsupported_media_type: [/^Whoever made the request/, /Change the request/],
  too_many_requests: [/^Nobody/, /Wait/],
  request_in_progress: [/^Nobody/, /Wait/],
  idempotency_key_reused: [/^Whoever made the request/, /Change the request/],
  internal_error: [/^The operator.*if it comes again/, /Try again.*tell the operator/],
  service_unavailable: [/^Nobody/, /Wait/],
}

const termOf = (markup: string, term: string): string =>
  textOf(new RegExp(`<dt>${term}</dt><dd>(.*?)</dd>`).exec(markup)?.[1] ?? '')

/** As a browser reads it: the five escapes that the page uses. */
const textOf = (markup: string): string =>
  markup
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

describe.each(errorCodes)('%s', (code) => {
  test('has a page that says what it means and where to go', async () => {
    const response = await system.call(null, 'GET', `/errors/${code}`, undefined, person)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('vary')).toContain('Accept')
    const markup = await response.text()
    const { title, detail, actionUrl } = errorCatalogue[code]
    for (const said of [title, detail, code, actionUrl ?? '']) expect(textOf(markup)).toContain(said)
    const [who, todo] = truths[code]
    expect(termOf(markup, 'Who has to act')).toMatch(who)
    expect(termOf(markup, 'What to do')).toMatch(todo)
    expect(termOf(markup, 'Where')).toMatch(
      actionUrl?.startsWith('https:') ? /\(for the operator\)$/ : /^ ?(\/\S*)? ?$/,
    )
    // Nothing that the content security policy would keep from working.
    expect(markup).not.toMatch(/<script|<style| style=| on\w+=/)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('is told to a program as data', async () => {
    const response = await system.call(null, 'GET', `/errors/${code}`, undefined, program)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ code, ...errorCatalogue[code] })
  })
})

test('the index leads to each of them, and their style sheet is there', async () => {
  const markup = await (await system.call(null, 'GET', '/errors', undefined, person)).text()
  expect([...markup.matchAll(/href="\/errors\/(\w+)"/g)].map(([, code]) => code)).toEqual(errorCodes)
  const { items } = (await (await system.call(null, 'GET', '/errors', undefined, program)).json()) as {
    items: { code: string }[]
  }
  expect(items.map(({ code }) => code)).toEqual(errorCodes)
  const [, styles = ''] = /href="([^"]+\.css)"/.exec(markup) ?? []
  expect((await system.call(null, 'GET', styles)).headers.get('content-type')).toContain('text/css')
})

test('the type of a problem leads to its page', async () => {
  const problem = (await (await system.call(null, 'GET', '/api/v1/strava/status')).json()) as { type: string }
  expect(problem.type).toBe(`${system.url}/errors/unauthorized`)
  const page = await fetch(problem.type, { headers: person })
  expect(await page.text()).toContain(errorCatalogue.unauthorized.title)
})
