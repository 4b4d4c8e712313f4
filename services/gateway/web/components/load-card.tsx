import type { TrainingLoad } from '@slipstream/contracts'
import { formatRatio, formatWhole } from '../format.ts'
import { loadSentence, loadWord, minEarlierDays, steadyFrom, steadyTo } from '../load-word.ts'
import { goalShare, goalWords, leftWords, type WeekSoFar, weekSoFar } from '../week-goal.ts'
import { LoadChart, LoadTable } from './load-chart.tsx'

const Goal = ({ week }: { week: WeekSoFar }) => {
  const left = leftWords(week)
  return (
    <div class="goal">
      <h3>{week.range}</h3>
      <p class="big" data-testid="week-duration">
        {goalWords(week)}
      </p>
      {week.goalMinutes !== null && (
        // Says nothing that the words above it do not.
        <svg class="goal-bar" data-testid="goal-bar" aria-hidden="true">
          <rect width={`${goalShare(week) * 100}%`} height="100%" />
        </svg>
      )}
      <p class="muted small">{left ?? 'No weekly goal is set in your profile.'}</p>
    </div>
  )
}

const Method = ({ method }: Pick<TrainingLoad, 'method'>) => (
  <details class="small">
    <summary>How this is worked out</summary>
    <p>{method}</p>
    <p>
      The ratio is the 7-day mean over the 28-day mean, as of today; the 7-day line begins with the seventh day known.
    </p>
    <p>
      The word goes by the ratio: below {steadyFrom} “resting”, up to {steadyTo} “steady”, above “building fast”. These
      bands are from Gabbett (2016) and Blanch & Gabbett (2016), who found the fewest injuries between them. With
      training on fewer than {minEarlierDays} of the 21 days before the last 7, or with workouts still missing, there is
      not enough data for a word.
    </p>
    <p>
      Others doubt that the ratio tells of injuries (Impellizzeri et al. 2020). Take it as a picture of your own
      training; it is no medical advice.
    </p>
  </details>
)

interface LoadCardProps {
  load: TrainingLoad
  weeklyGoalHours: number | null
  /** Workouts may still be missing. */
  isSoFar: boolean
}

export const LoadCard = ({ load, weeklyGoalHours, isSoFar }: LoadCardProps) => {
  const week = weekSoFar(load.days, weeklyGoalHours)
  const word = loadWord(load, isSoFar)
  return (
    <section class="card" aria-labelledby="load-title" data-testid="load-card">
      <h2 id="load-title">This week{isSoFar && ', so far'}</h2>
      <div class="load-facts">
        {week !== null && <Goal week={week} />}
        <div class="load-word" data-word={word}>
          <h3>Training load</h3>
          <p class="big word" data-testid="load-word">
            {word}
          </p>
          <p class="muted small" data-testid={isSoFar ? 'load-so-far' : 'load-sentence'}>
            {loadSentence(word, isSoFar)}
          </p>
          <dl class="figures">
            <div>
              <dt>Ratio</dt>
              <dd data-testid="load-ratio">{formatRatio(load.ratio)}</dd>
            </div>
            <div>
              <dt>7-day mean</dt>
              <dd data-testid="load-acute">{formatWhole(load.acute)}</dd>
            </div>
            <div>
              <dt>28-day mean</dt>
              <dd data-testid="load-chronic">{formatWhole(load.chronic)}</dd>
            </div>
          </dl>
        </div>
      </div>
      <LoadChart load={load} />
      <div class="load-more">
        <Method method={load.method} />
        <details class="small">
          <summary>The 28 days as a table</summary>
          <LoadTable days={load.days} />
        </details>
      </div>
    </section>
  )
}
