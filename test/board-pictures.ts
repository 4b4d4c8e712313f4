import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { launchBrowser } from '@slipstream/testing'
import type { Series } from './support/prometheus.ts'
import { outputDir } from './support/system.ts'

// Draws the boards for the docs from what Prometheus answered to `boards.system.test.ts`, with uPlot, the library of Grafana's
// own graphs. It is not Grafana that draws: units and colours are simpler.

const projectRoot = resolve(import.meta.dirname, '..')
const boardsFolder = join(projectRoot, 'deploy', 'grafana', 'dashboards')
const picturesFolder = join(projectRoot, 'docs', 'images')

interface Panel {
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  fieldConfig?: { defaults: { unit?: string } }
  targets?: { legendFormat: string }[]
}
interface Dashboard {
  title: string
  description: string
  panels: Panel[]
}
interface Answer {
  board: string
  panel: string
  series: Series[]
}

interface Line {
  legend: string
  values: [number, string][]
}

const answers = JSON.parse(readFileSync(join(outputDir, 'boards.json'), 'utf8')) as Answer[]

const legendOf = (format: string, metric: Series['metric']): string =>
  format.replaceAll(/{{(\w+)}}/g, (_, label: string) => metric[label] ?? '')

/** Two panels of a board may have the same title; then they are told apart by their place. */
const linesOf = (board: Dashboard): Line[][] => {
  const left = answers.filter((answer) => answer.board === board.title)
  return board.panels.map((panel) =>
    (panel.targets ?? []).flatMap(({ legendFormat }) => {
      const at = left.findIndex((answer) => answer.panel === panel.title)
      const [answer] = left.splice(at, 1)
      return (answer?.series ?? []).map(({ metric, values }) => ({ legend: legendOf(legendFormat, metric), values }))
    }),
  )
}

const style = `
  body { background: #111217; color: #ccccdc; font: 13px sans-serif; margin: 16px; width: 1400px }
  h1 { font-size: 20px; margin: 0 } p { margin: 4px 0 16px } main { position: relative }
  section { position: absolute; background: #181b1f; border: 1px solid #2c3235; overflow: hidden; box-sizing: border-box }
  section.row { background: none; border: 0 } section.row h2 { font-size: 15px; padding: 0; margin-top: 4px }
  h2 { font-size: 13px; font-weight: 500; margin: 0; padding: 6px 8px }
  section.stat { text-align: center } section.stat div { display: inline-block; margin: 4px 12px }
  strong { display: block; font-size: 26px; color: #73bf69 } small { color: #8e8e9c }
  .u-legend { font-size: 11px; text-align: left }
`

const require = createRequire(import.meta.url)
const uPlotScript = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
const uPlotStyle = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')

mkdirSync(picturesFolder, { recursive: true })
const browser = await launchBrowser()
try {
  const page = await browser.newPage({ viewport: { width: 1432, height: 800 }, locale: 'en-GB', timezoneId: 'UTC' })
  await page.setContent(`<!doctype html><style>${uPlotStyle}${style}</style><body></body>`)
  await page.addScriptTag({ content: uPlotScript })
  await page.addScriptTag({ path: join(import.meta.dirname, 'support', 'draw-board.js') })
  for (const file of readdirSync(boardsFolder)) {
    const board = JSON.parse(readFileSync(join(boardsFolder, file), 'utf8')) as Dashboard
    await page.evaluate(`drawBoard(${JSON.stringify({ board, lines: linesOf(board) })})`)
    await page.screenshot({ path: join(picturesFolder, `board-${file.replace('.json', '.png')}`), fullPage: true })
  }
} finally {
  await browser.close()
}
