import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

// docs/security.md says of each threat what stops it and which test shows that. Both have to be there.

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const files = globSync('{deploy,k8s,libs,services,test}/**/*.*', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
}).concat('deploy/Dockerfile')

/** The page names a file by the end of its path. */
const filesNamed = (name: string): string[] => files.filter((path) => `/${path}`.endsWith(`/${name}`))

const heading = '| Threat | Control | Test |\n|---|---|---|\n'
const section = page.split('\n## ').find((part) => part.startsWith('Threats, controls, tests')) ?? ''
const rows = section
  .split('\n\n')
  .filter((part) => part.startsWith(heading))
  .flatMap((table) => table.slice(heading.length).trim().split('\n'))

const isFileName = (code: string): boolean => /^[\w-]+\/[\w./-]+$/.test(code)

/** Behind the bracket of the call, where the formatter may have begun a new line. */
const hasTitle = (source: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => source.replace(/\(\s+/g, '(').includes(`(${quote}${title}${quote}`))

const threats = rows.map((row) => {
  const [threat = '', control = '', test = ''] = row.slice(2, -2).split(' | ')
  return {
    threat,
    controls: [...control.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).filter(isFileName),
    shownBy: test.split('<br>').map((one) => /^`(?<file>.+\.test\.ts)`: \*(?<title>.+)\*$/.exec(one)?.groups ?? {}),
  }
})

describe('docs/security.md', () => {
  it('has one table of threats under each of its headings', () => {
    expect(section.match(/^### /gm)?.length).toBe(section.split(heading).length - 1)
    expect(rows.length).toBeGreaterThan(50)
  })

  it.each(threats)('$threat', ({ controls, shownBy }) => {
    expect(controls).not.toEqual([])
    expect(controls.filter((name) => filesNamed(name).length === 0)).toEqual([])
    for (const { file = '', title = '' } of shownBy) {
      const sources = filesNamed(file).map((path) => readFileSync(join(root, path), 'utf8'))
      expect([file, title, sources.some((source) => hasTitle(source, title))]).toEqual([file, title, true])
    }
  })
})
