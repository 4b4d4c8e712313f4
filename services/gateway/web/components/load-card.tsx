import type { TrainingLoad } from '@slipstream/contracts'
import { formatDuration, formatRatio, formatWhole } from '../format.ts'

const barWidth = 10
const chartHeight = 60

/** The last 28 days as bars. A picture of figures that are also given as text, hence one label for all of it. */
const LoadChart = ({ days }: Pick<TrainingLoad, 'days'>) => {
  const highest = Math.max(1, ...days.map(({ load }) => load))
  return (
    <svg
      class="chart"
      role="img"
      aria-label={`Daily load of the last ${days.length} days`}
      viewBox={`0 0 ${days.length * barWidth} ${chartHeight}`}
      preserveAspectRatio="none"
    >
      {days.map(({ date, load }, index) => {
        const height = Math.max(1, (load / highest) * chartHeight)
        return (
          <rect
            key={date}
            class={load > 0 ? 'bar' : 'bar rest'}
            x={index * barWidth + 1}
            y={chartHeight - height}
            width={barWidth - 2}
            height={height}
          >
            <title>{`${date}: load ${formatWhole(load)}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}

interface LoadCardProps {
  load: TrainingLoad
  weeklyGoalHours: number | null
  /** Workouts may still be missing. */
  isSoFar: boolean
}

export const LoadCard = ({ load, weeklyGoalHours, isSoFar }: LoadCardProps) => {
  const weekSeconds = load.days.slice(-7).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
  return (
    <section class="card" aria-labelledby="load-title" data-testid="load-card">
      <h2 id="load-title">Training load{isSoFar && ' so far'}</h2>
      {isSoFar && (
        <p class="muted" data-testid="load-so-far">
          Not all workouts of the last four weeks are here yet: these figures will still change.
        </p>
      )}
      <dl class="figures">
        <div>
          <dt>Acute, 7 days</dt>
          <dd data-testid="load-acute">{formatWhole(load.acute)}</dd>
        </div>
        <div>
          <dt>Chronic, 28 days</dt>
          <dd data-testid="load-chronic">{formatWhole(load.chronic)}</dd>
        </div>
        <div>
          <dt>Ratio</dt>
          <dd data-testid="load-ratio">{formatRatio(load.ratio)}</dd>
        </div>
        <div>
          <dt>Last 7 days</dt>
          <dd data-testid="week-duration">
            {formatDuration(weekSeconds)}
            {weeklyGoalHours !== null && <span class="muted"> of {weeklyGoalHours} h</span>}
          </dd>
        </div>
      </dl>
      <LoadChart days={load.days} />
      <p class="muted small">{load.method}</p>
    </section>
  )
}
