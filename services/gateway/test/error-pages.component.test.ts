import { errorCatalogue, errorCodes } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const person = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const program = { accept: 'application/json' }

const whoever = 'Who has to act'

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
    for (const said of [title, detail, code, actionUrl ?? whoever]) expect(textOf(markup)).toContain(said)
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
