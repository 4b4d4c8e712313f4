import type { TrainingLoad } from '@slipstream/contracts'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatDate } from './format.ts'
import { weeklyMeans, weekStarts } from './load-days.ts'

/** CSS pixels beside the days; `load.css` lays the days' own area over the canvas by the same two. */
const axisWidth = 36
const rightPadding = 20

/** As far apart as two labels of the days must be, in CSS pixels. */
const labelWidth = 44

export interface LoadPlot {
  /** `chosen`: position of the day that is read. */
  show(load: TrainingLoad, chosen: number): void
  remove(): void
}

const bars = uPlot.paths.bars?.({ size: [0.7, 40] })

/** `2 Nov`. */
const shortDate = (date: string): string => formatDate(date).split(' ').slice(1).join(' ')

/**
 * Bars for the load of each day, a line for the mean of seven, one for the mean of all. Colours are custom properties of
 * `host`, read at each drawing, so that they follow the theme. The canvas shows nothing that is not given as text beside it.
 */
export const drawLoadPlot = (host: HTMLElement, firstDays: TrainingLoad['days']): LoadPlot => {
  const style = getComputedStyle(host)
  const colour = (name: string) => () => style.getPropertyValue(name).trim()
  let days = firstDays
  let chosen = -1

  const last = () => days.length - 1
  const markChosen = (plot: uPlot): void => {
    if (chosen < 0) return
    const [left, right] = [plot.valToPos(chosen - 0.5, 'x', true), plot.valToPos(chosen + 0.5, 'x', true)]
    plot.ctx.save()
    plot.ctx.fillStyle = colour('--chosen')()
    plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height)
    plot.ctx.restore()
  }
  const dayLabels = (plot: uPlot, splits: number[]): string[] =>
    splits.map((split) => {
      if (split === last()) return 'today'
      const isNearToday = plot.valToPos(last(), 'x') - plot.valToPos(split, 'x') < labelWidth
      return isNearToday ? '' : shortDate(days[split + 0.5]?.date ?? '')
    })
  // Lines stand between weeks, not at today.
  const weekLines: uPlot.Axis.Filter = (_plot, splits) => splits.map((split) => (split === last() ? null : split))
  const axis = { stroke: colour('--muted'), font: '12px system-ui, sans-serif' }
  const line = { stroke: colour('--line'), width: 1 }

  const plot = new uPlot(
    {
      width: host.clientWidth,
      height: host.clientHeight,
      padding: [8, rightPadding, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [-0.5, last() + 0.5] },
        y: { range: (_plot, _min, max) => [0, Math.max(10, max * 1.1)] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          splits: () => [...weekStarts(days).map((index) => index - 0.5), last()],
          values: dayLabels,
          grid: { ...line, filter: weekLines },
          ticks: { ...line, size: 6, filter: weekLines },
        },
        { ...axis, size: axisWidth, space: 36, grid: line, ticks: { show: false } },
      ],
      series: [
        {},
        { fill: colour('--day'), width: 0, points: { show: false }, ...(bars && { paths: bars }) },
        { fill: colour('--today'), width: 0, points: { show: false }, ...(bars && { paths: bars }) },
        { stroke: colour('--ink'), width: 2, points: { show: false } },
        { stroke: colour('--ink'), width: 1.5, dash: [5, 4], points: { show: false } },
      ],
      hooks: { drawClear: [markChosen] },
    },
    [[], [], [], [], []],
    host,
  )

  const resize = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: host.clientHeight }))
  resize.observe(host)
  const theme = matchMedia('(prefers-color-scheme: dark)')
  const redraw = (): void => plot.redraw()
  theme.addEventListener('change', redraw)

  return {
    show(load, position) {
      days = load.days
      chosen = position
      plot.setData([
        days.map((_, index) => index),
        days.map((day, index) => (index === last() ? null : day.load)),
        days.map((day, index) => (index === last() ? day.load : null)),
        weeklyMeans(days),
        days.map(() => load.chronic),
      ])
    },
    remove() {
      resize.disconnect()
      theme.removeEventListener('change', redraw)
      plot.destroy()
    },
  }
}
