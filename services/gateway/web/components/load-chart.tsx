import type { TrainingLoad } from '@slipstream/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatWhole } from '../format.ts'
import { dayFigures, dayWords } from '../load-days.ts'
import type { LoadPlot } from '../load-plot.ts'

/** Position of the day under the pointer. */
const dayAt = ({ currentTarget, clientX }: { currentTarget: HTMLElement; clientX: number }, count: number): number => {
  const { left, width } = currentTarget.getBoundingClientRect()
  return Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)))
}

/**
 * The last 28 days as a chart to be read day by day: by pointer, or by the arrow keys of a slider that lies under it. The library
 * comes after the page can be used; its place is kept, and the day's values are there without it.
 */
export const LoadChart = ({ load }: { load: TrainingLoad }) => {
  const { days, chronic } = load
  const figures = dayFigures(days)
  const [chosen, setChosen] = useState(days.length - 1)
  const [plot, setPlot] = useState<LoadPlot | null>(null)
  const [isMissing, setIsMissing] = useState(false)
  const host = useRef<HTMLDivElement>(null)
  const slider = useRef<HTMLInputElement>(null)

  // Once; later days are shown by the effect below.
  useEffect(() => {
    let drawn: LoadPlot | undefined
    let isGone = false
    const draw = async (): Promise<void> => {
      const library = await import('../load-plot.ts').catch(() => null)
      if (isGone || host.current === null) return
      if (library === null) return setIsMissing(true)
      drawn = library.drawLoadPlot(host.current, days)
      setPlot(drawn)
    }
    void draw()
    return () => {
      isGone = true
      drawn?.remove()
    }
  }, [])
  useEffect(() => plot?.show(load, chosen), [plot, load, chosen])

  const day = figures[chosen]
  if (day === undefined) return null
  return (
    <div class="load-chart" data-testid="load-chart">
      <div class="plot" ref={host} aria-hidden="true" />
      {isMissing && (
        <p class="plot-missing muted small">The chart could not be loaded. The table below says the same.</p>
      )}
      <div
        class="days"
        data-testid="load-days"
        onPointerDown={(event) => {
          setChosen(dayAt(event, days.length))
          // Arrow keys go on from here.
          slider.current?.focus()
          event.preventDefault()
        }}
        onPointerMove={(event) => setChosen(dayAt(event, days.length))}
      >
        <input
          type="range"
          id="load-day"
          data-testid="load-day"
          ref={slider}
          min={0}
          max={days.length - 1}
          value={chosen}
          aria-label="Day of the chart"
          aria-valuetext={day.date}
          onInput={({ currentTarget }) => setChosen(Number(currentTarget.value))}
        />
      </div>
      <output class="day" for="load-day" aria-live="polite" data-testid="load-day-values">
        <strong>{day.date}</strong>: {dayWords(day)}
      </output>
      <ul class="legend small muted">
        <li class="of-day">Load of a day</li>
        <li class="of-week">7-day mean</li>
        <li class="of-month">28-day mean, {formatWhole(chronic)}</li>
      </ul>
    </div>
  )
}

/** What the chart shows, for those who would rather read it. */
export const LoadTable = ({ days }: Pick<TrainingLoad, 'days'>) => (
  <table class="load-table" data-testid="load-table">
    <thead>
      <tr>
        <th scope="col">Day</th>
        <th scope="col">Load</th>
        <th scope="col">Time</th>
        <th scope="col">7-day mean</th>
      </tr>
    </thead>
    <tbody>
      {dayFigures(days)
        .toReversed()
        .map(({ date, load, duration, weeklyMean }) => (
          <tr key={date}>
            <th scope="row">{date}</th>
            <td>{load}</td>
            <td>{duration}</td>
            <td>{weeklyMean}</td>
          </tr>
        ))}
    </tbody>
  </table>
)
