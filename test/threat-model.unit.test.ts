import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

// docs/security.md says of each threat what stops it and which test shows that. Both have to be there.

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')

const heading = '| Threat | Control | Test |\n|---|---|---|\n'
const section = page.split('\n## ').find((part) => part.startsWith('Threats, controls, tests')) ?? ''
const rows = section
  .split('\n\n')
  .filter((part) => part.startsWith(heading))
  .flatMap((table) => table.slice(heading.length).trim().split('\n'))

const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
const isPath = (code: string): boolean => /^[\w.-]+(\/[\w.-]+)+$/.test(code)

/** Behind the bracket of the call, where the formatter may have begun a new line. */
const hasTitle = (source: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => source.replace(/\(\s+/g, '(').includes(`(${quote}${title}${quote}`))

const threats = rows.map((row) => {
  const [threat = '', control = '', test = ''] = row.slice(2, -2).split(' | ')
  return { threat, controls: codesIn(control).filter(isPath), shownBy: test.split('<br>').map(codesIn) }
})

describe('docs/security.md', () => {
  it('has one table of threats under each of its headings', () => {
    expect(section.match(/^### /gm)?.length).toBe(section.split(heading).length - 1)
    expect(rows.length).toBeGreaterThan(50)
  })

  it.each(threats)('$threat', ({ controls, shownBy }) => {
    expect(controls).not.toEqual([])
    for (const path of controls) expect([path, existsSync(join(root, path))]).toEqual([path, true])
    for (const [path = '', title = ''] of shownBy) {
      expect(path).toMatch(/\.test\.ts$/)
      expect([title, hasTitle(readFileSync(join(root, path), 'utf8'), title)]).toEqual([title, true])
    }
  })
})
