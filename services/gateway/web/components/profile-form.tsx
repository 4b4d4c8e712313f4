import type { Profile } from '@slipstream/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, errorToShow, ProblemError } from '../api.ts'
import { errorAt, type FieldErrors, readProfileInput } from '../profile-input.ts'
import { ErrorPanel } from './error-panel.tsx'
import { Field } from './field.tsx'

const sports = ['Run', 'Ride', 'Swim', 'Triathlon', 'Hike', 'Walk', 'Row', 'Ski', 'Strength', 'Other']

interface ProfileFormProps {
  api: Api
  profile: Profile
  suggestedName: string
  onSaved: () => Promise<void>
  onCancel?: () => void
}

export const ProfileForm = ({ api, profile, suggestedName, onSaved, onCancel }: ProfileFormProps) => {
  const [displayName, setDisplayName] = useState(profile.displayName ?? suggestedName)
  const [primarySport, setPrimarySport] = useState(profile.primarySport ?? '')
  const [weeklyGoalHours, setWeeklyGoalHours] = useState(profile.weeklyGoalHours?.toString() ?? '')
  const [fieldErrors, setFieldErrors] = useState<FieldErrors>([])
  const [failure, setFailure] = useState<unknown>(null)
  const [saving, setSaving] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  const isChange = onCancel !== undefined
  // The button that led here is gone, and the focus would be with it.
  useEffect(() => {
    if (isChange) first.current?.focus()
  }, [isChange])

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (saving) return
    const { submission, errors } = readProfileInput({ displayName, primarySport, weeklyGoalHours })
    setFieldErrors(errors ?? [])
    setFailure(null)
    if (submission === null) return
    setSaving(true)
    try {
      await api.submitProfile(submission)
      await onSaved()
    } catch (error) {
      if (error instanceof ProblemError && error.problem.errors.length > 0) setFieldErrors(error.problem.errors)
      else setFailure(error)
    } finally {
      setSaving(false)
    }
  }

  return (
    <section class="card" id="profile" aria-labelledby="profile-title">
      <h2 id="profile-title">About you</h2>
      {!isChange && <p class="muted">Three answers, then you can connect Strava.</p>}
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      <form class="form" noValidate onSubmit={submit} data-testid="profile-form">
        <Field label="Display name" name="displayName" error={errorAt(fieldErrors, 'displayName')}>
          {(aria) => (
            <input
              {...aria}
              ref={first}
              autoComplete="name"
              maxLength={80}
              value={displayName}
              onInput={(event) => setDisplayName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Primary sport" name="primarySport" error={errorAt(fieldErrors, 'primarySport')}>
          {(aria) => (
            <select {...aria} value={primarySport} onChange={(event) => setPrimarySport(event.currentTarget.value)}>
              <option value="">Choose…</option>
              {sports.map((sport) => (
                <option key={sport} value={sport}>
                  {sport}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Weekly goal, hours"
          hint="Optional"
          name="weeklyGoalHours"
          error={errorAt(fieldErrors, 'weeklyGoalHours')}
        >
          {(aria) => (
            <input
              {...aria}
              inputMode="decimal"
              value={weeklyGoalHours}
              onInput={(event) => setWeeklyGoalHours(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={saving} data-testid="profile-submit">
            Save profile
          </button>
          {isChange && (
            <button type="button" class="button plain" onClick={onCancel}>
              Cancel
            </button>
          )}
        </div>
      </form>
    </section>
  )
}
