import type { Problem, ProfileSubmission } from '@slipstream/contracts'

export type FieldErrors = Problem['errors']

/** The profile form's fields as typed. */
export interface ProfileInput {
  displayName: string
  primarySport: string
  /** Text of the number field; empty when no goal is set. */
  weeklyGoalHours: string
}

/** Catches what was left empty or is no number; all other rules are the API's, whose answers the form shows. */
export const readProfileInput = (
  input: ProfileInput,
): { submission: ProfileSubmission; errors: null } | { submission: null; errors: FieldErrors } => {
  const goalText = input.weeklyGoalHours.trim().replace(',', '.')
  const goal = goalText === '' ? null : Number(goalText)
  const errors: FieldErrors = []
  if (input.displayName.trim() === '') errors.push({ path: 'displayName', message: 'Please enter a name.' })
  if (input.primarySport === '') errors.push({ path: 'primarySport', message: 'Please choose a sport.' })
  if (Number.isNaN(goal))
    errors.push({ path: 'weeklyGoalHours', message: 'Please enter a number of hours, such as 6.' })
  return errors.length > 0
    ? { submission: null, errors }
    : {
        submission: { displayName: input.displayName, primarySport: input.primarySport, weeklyGoalHours: goal },
        errors: null,
      }
}

/** The message for one field; paths may be nested (`body.displayName`) or JSON pointers (`/displayName`). */
export const errorAt = (errors: FieldErrors, field: keyof ProfileInput): string | null =>
  errors.find(({ path }) => path.split(/[./]/).at(-1) === field)?.message ?? null
