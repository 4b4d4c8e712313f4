import type { Status, Workout, WorkoutPage } from '@slipstream/contracts'
import {
  formatDistance,
  formatDuration,
  formatElevation,
  formatHeartRate,
  formatLocalTime,
  formatSport,
  formatTitle,
} from '../format.ts'
import { noWorkoutsSentence } from '../sync-text.ts'
import { Button } from './button.tsx'

const WorkoutRow = ({ workout }: { workout: Workout }) => (
  <tr data-testid="workout" data-strava-activity-id={workout.stravaActivityId}>
    <td class="when">
      <time dateTime={workout.startedAt}>{formatLocalTime(workout.startedAtLocal)}</time>
    </td>
    <td class="what">
      <span class="name">{formatTitle(workout)}</span>
      <span class="muted small">
        <span data-cell="sport">{formatSport(workout.sportType)}</span>
        {workout.deviceName !== null && ` · ${workout.deviceName}`}
        {workout.visibility === 'only_me' && ' · only you'}
      </span>
    </td>
    <td class="number" data-label="Distance" data-cell="distance">
      {formatDistance(workout.distanceMeters)}
    </td>
    <td class="number" data-label="Time" data-cell="duration">
      {formatDuration(workout.movingTimeSeconds)}
    </td>
    <td class="number" data-label="Climb" data-cell="elevation">
      {formatElevation(workout.elevationGainMeters)}
    </td>
    <td class="number" data-label="Avg HR" data-cell="heart-rate">
      {formatHeartRate(workout.averageHeartRateBpm)}
    </td>
    <td class="link">
      <a class="strava-link" href={workout.stravaUrl} target="_blank" rel="noreferrer">
        View on Strava<span class="visually-hidden">: {formatTitle(workout)}</span>
      </a>
    </td>
  </tr>
)

interface WorkoutsCardProps {
  page: WorkoutPage
  strava: Pick<Status, 'lastSync' | 'error'>
  /** Whether they were asked for after the last sync. */
  isSettled: boolean
  onMore: () => Promise<void>
}

export const WorkoutsCard = ({ page, strava, isSettled, onMore }: WorkoutsCardProps) => (
  <section class="card" aria-labelledby="workouts-title">
    <h2 id="workouts-title">Workouts</h2>
    {page.items.length === 0 ? (
      <p class="muted" data-testid="workouts-empty">
        {noWorkoutsSentence(strava, isSettled)}
      </p>
    ) : (
      <table class="workouts" data-testid="workouts">
        <thead>
          <tr>
            <th scope="col">Date</th>
            <th scope="col">Workout</th>
            <th scope="col" class="number">
              Distance
            </th>
            <th scope="col" class="number">
              Time
            </th>
            <th scope="col" class="number">
              Climb
            </th>
            <th scope="col" class="number">
              Avg HR
            </th>
            <th scope="col">
              <span class="visually-hidden">Source</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {page.items.map((workout) => (
            <WorkoutRow key={workout.id} workout={workout} />
          ))}
        </tbody>
      </table>
    )}
    {page.nextCursor !== null && (
      <div class="actions center">
        <Button testId="load-more" onPress={onMore}>
          Load more
        </Button>
      </div>
    )}
  </section>
)
