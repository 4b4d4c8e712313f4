import type { Status, Workout, WorkoutPage } from '@slipstream/contracts'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import {
  absent,
  formatCount,
  formatDistance,
  formatDuration,
  formatElevation,
  formatHeartRate,
  formatLocalTime,
  formatSport,
  formatTitle,
} from '../format.ts'
import { formatRate } from '../sport-rate.ts'
import { noWorkoutsSentence } from '../sync-text.ts'
import { formatWeek, type Week, weekName, weeksOf, weekTotals } from '../weeks.ts'
import { deviceWords, formatPower, markWord, workoutDetails } from '../workout-text.ts'
import { Button } from './button.tsx'

const columns = ['Date', 'Workout', 'Distance', 'Time', 'Pace or speed', 'Climb', 'Heart rate', 'Source']

/** On a phone rows are laid out anew, and browsers then forget what a table is, unless each part says so itself. */
const as = <Role extends 'table' | 'rowgroup' | 'row' | 'columnheader' | 'rowheader' | 'cell'>(role: Role) => ({ role })

const Detail = ({ workout, id }: { workout: Workout; id: string }) => (
  <tr class="detail" id={id} {...as('row')}>
    <td colSpan={columns.length} {...as('cell')} aria-colspan={columns.length}>
      <dl data-testid="workout-detail">
        {workoutDetails(workout).map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </td>
  </tr>
)

const Figure = ({ cell, text, children }: { cell: string; text: string; children?: ComponentChildren }) => (
  <td class={`number ${cell} ${text === absent ? 'none' : ''}`} {...as('cell')}>
    <span data-cell={cell}>{text}</span>
    {children}
  </td>
)

const WorkoutRows = ({ workout }: { workout: Workout }) => {
  const [isOpen, setIsOpen] = useState(false)
  const title = formatTitle(workout)
  const mark = markWord(workout.workoutType)
  const device = deviceWords(workout.deviceName)
  const power = formatPower(workout)
  const detailId = `detail-${workout.id}`
  return (
    <>
      <tr class="workout" data-testid="workout" data-strava-activity-id={workout.stravaActivityId} {...as('row')}>
        <td class="when" {...as('cell')}>
          <time dateTime={workout.startedAt}>{formatLocalTime(workout.startedAtLocal)}</time>
        </td>
        <td class="what" {...as('cell')}>
          <button
            type="button"
            class="name"
            data-testid="workout-toggle"
            aria-expanded={isOpen}
            aria-controls={isOpen ? detailId : undefined}
            onClick={() => setIsOpen(!isOpen)}
          >
            {title}
          </button>
          {workout.workoutType === 'race' && <span class="race">{mark}</span>}
          <span class="muted small about">
            <span data-cell="sport">{formatSport(workout.sportType)}</span>
            {mark !== null && workout.workoutType !== 'race' && <span class="wide-only"> · {mark.toLowerCase()}</span>}
            {device !== null && ` · ${device}`}
            {workout.visibility === 'only_me' && ' · only you'}
          </span>
        </td>
        <Figure cell="distance" text={formatDistance(workout.distanceMeters)} />
        <Figure cell="duration" text={formatDuration(workout.movingTimeSeconds)} />
        <Figure cell="rate" text={formatRate(workout)}>
          {power !== absent && (
            <span class="muted small wide-only power" data-cell="power">
              {power}
            </span>
          )}
        </Figure>
        <Figure cell="elevation" text={formatElevation(workout.elevationGainMeters)} />
        <Figure cell="heart-rate" text={formatHeartRate(workout.averageHeartRateBpm)} />
        <td class="link" {...as('cell')}>
          <a class="strava-link" href={workout.stravaUrl} target="_blank" rel="noreferrer">
            View on Strava<span class="visually-hidden">: {title}</span>
          </a>
        </td>
      </tr>
      {isOpen && <Detail workout={workout} id={detailId} />}
    </>
  )
}

const WeekRows = ({ week, today }: { week: Week; today: string | null }) => {
  const name = weekName(week.monday, today)
  return (
    <tbody {...as('rowgroup')} data-testid="week" data-monday={week.monday}>
      <tr class="week" {...as('row')}>
        <th scope="rowgroup" colSpan={columns.length} {...as('rowheader')} aria-colspan={columns.length}>
          <span>
            {name !== null && `${name} · `}
            {formatWeek(week.monday)}
          </span>{' '}
          <span class="muted totals" data-testid="week-totals">
            {weekTotals(week)}
          </span>
        </th>
      </tr>
      {week.workouts.map((workout) => (
        <WorkoutRows key={workout.id} workout={workout} />
      ))}
    </tbody>
  )
}

const allSports = ''

const shownSentence = ({ items, nextCursor }: WorkoutPage): string =>
  `${formatCount(items.length, 'workout')} shown${nextCursor === null ? '' : ', there are more'}`

interface WorkoutsCardProps {
  page: WorkoutPage
  /** The calendar day it is where the athlete is, as far as known. */
  today: string | null
  /** The first calendar day that all workouts are known of, as far as known. */
  since: string | null
  /** All that the athlete has. */
  sportTypes: readonly string[]
  sportType: string | null
  onSport: (sportType: string | null) => Promise<void>
  strava: Pick<Status, 'lastSync' | 'error'>
  /** Whether they were asked for after the last sync. */
  isSettled: boolean
  onMore: () => Promise<void>
}

/** Moves on to the first workout that came with the next page: the button that asked for it may be gone. */
const useFocusOnNext = (count: number) => {
  const table = useRef<HTMLTableElement>(null)
  const shownBefore = useRef<number | null>(null)
  useEffect(() => {
    if (shownBefore.current === null || count <= shownBefore.current) return
    table.current?.querySelectorAll<HTMLElement>('.name')[shownBefore.current]?.focus()
    shownBefore.current = null
  }, [count])
  return {
    table,
    loading: () => {
      shownBefore.current = count
    },
  }
}

export const WorkoutsCard = ({
  page,
  today,
  since,
  sportTypes,
  sportType,
  onSport,
  strava,
  isSettled,
  onMore,
}: WorkoutsCardProps) => {
  const { table, loading } = useFocusOnNext(page.items.length)
  const [wasAsked, setWasAsked] = useState(false)
  const chooseSport = (sport: string): void => {
    setWasAsked(true)
    void onSport(sport === allSports ? null : sport)
  }
  const loadMore = (): Promise<void> => {
    setWasAsked(true)
    loading()
    return onMore()
  }
  // The chosen one stays to be seen, also once its last workout is gone.
  const choices = sportType === null || sportTypes.includes(sportType) ? sportTypes : [...sportTypes, sportType]
  return (
    <section class="card" aria-labelledby="workouts-title">
      <div class="card-head">
        <h2 id="workouts-title">Workouts</h2>
        {choices.length > 1 && (
          <label class="filter">
            Sport
            <select
              data-testid="sport-filter"
              value={sportType ?? allSports}
              onChange={({ currentTarget }) => chooseSport(currentTarget.value)}
            >
              <option value={allSports}>All sports</option>
              {choices.map((sport) => (
                <option key={sport} value={sport}>
                  {formatSport(sport)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {page.items.length === 0 ? (
        <p class="muted" data-testid="workouts-empty">
          {sportType === null
            ? noWorkoutsSentence(strava, isSettled)
            : `No workouts here with the sport ${formatSport(sportType).toLowerCase()}.`}
        </p>
      ) : (
        <table ref={table} class="workouts" data-testid="workouts" aria-labelledby="workouts-title" {...as('table')}>
          <thead {...as('rowgroup')}>
            <tr {...as('row')}>
              {columns.map((column, index) => (
                <th key={column} scope="col" {...(index > 1 ? { class: 'number' } : {})} {...as('columnheader')}>
                  {column === 'Source' ? <span class="visually-hidden">{column}</span> : column}
                </th>
              ))}
            </tr>
          </thead>
          {weeksOf(page.items, page.nextCursor !== null, since).map((week) => (
            <WeekRows key={week.monday} week={week} today={today} />
          ))}
        </table>
      )}
      <p class="visually-hidden" role="status" data-testid="workouts-shown">
        {/* What comes by itself is not announced. */}
        {wasAsked && shownSentence(page)}
      </p>
      {page.nextCursor !== null && (
        <div class="actions center">
          <Button testId="load-more" onPress={loadMore}>
            Load more
          </Button>
        </div>
      )}
    </section>
  )
}
