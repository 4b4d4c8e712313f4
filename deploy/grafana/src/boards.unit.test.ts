import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { boards, dashboardOf } from './index.ts'
import { datasource } from './panels.ts'

const folder = resolve(import.meta.dirname, '..')
const projectRoot = resolve(folder, '../..')

const panels = boards.flatMap((board) =>
  board.items.flatMap((item) => {
    if ('row' in item) return []
    const panel = 'graph' in item ? item.graph : item.figure
    return [{ board: board.title, panel: panel.title, ...panel }]
  }),
)

test.each(boards)('the file of the board $title is what `npm run boards` makes', (board) => {
  const file = readFileSync(join(folder, 'dashboards', `${board.uid}.json`), 'utf8')
  expect(file).toBe(`${JSON.stringify(dashboardOf(board), null, 2)}\n`)
})

test('there is no other file', () => {
  expect(readdirSync(join(folder, 'dashboards')).toSorted()).toEqual(boards.map(({ uid }) => `${uid}.json`).toSorted())
})

test.each(panels)('$board: $panel says what to do when it looks bad', ({ shows, whenBad, queries }) => {
  expect(shows).toMatch(/[.…]$/)
  expect(whenBad.length).toBeGreaterThan(20)
  expect(Object.keys(queries).length).toBeGreaterThan(0)
  for (const [page] of whenBad.matchAll(/docs\/[a-z-/]+\.md/g)) {
    expect(existsSync(join(projectRoot, page)), page).toBe(true)
  }
})

test('Prometheus is provisioned under the name that the boards use', () => {
  const { datasources } = parse(readFileSync(join(folder, 'provisioning/datasources/prometheus.yaml'), 'utf8'))
  expect(datasources).toMatchObject([datasource])
})
