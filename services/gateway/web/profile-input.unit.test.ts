import { describe, expect, it } from 'vitest'
import { errorAt, readProfileInput } from './profile-input.ts'

const filled = { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: '6' }

describe('readProfileInput', () => {
  it('gives what the API takes', () => {
    expect(readProfileInput(filled).submission).toEqual({
      displayName: 'Anna',
      primarySport: 'Run',
      weeklyGoalHours: 6,
    })
  })

  it('takes an empty goal as none and a decimal comma as a point', () => {
    expect(readProfileInput({ ...filled, weeklyGoalHours: ' ' }).submission?.weeklyGoalHours).toBeNull()
    expect(readProfileInput({ ...filled, weeklyGoalHours: '4,5' }).submission?.weeklyGoalHours).toBe(4.5)
  })

  it('names every field that cannot be sent', () => {
    const { submission, errors } = readProfileInput({ displayName: ' ', primarySport: '', weeklyGoalHours: 'six' })
    expect(submission).toBeNull()
    expect(errors?.map(({ path }) => path)).toEqual(['displayName', 'primarySport', 'weeklyGoalHours'])
  })
})

describe('errorAt', () => {
  it.each(['weeklyGoalHours', 'body.weeklyGoalHours', '/weeklyGoalHours'])('finds the message under %s', (path) => {
    expect(errorAt([{ path, message: 'too much' }], 'weeklyGoalHours')).toBe('too much')
  })

  it('gives nothing for a field without an error', () => {
    expect(errorAt([{ path: 'weeklyGoalHours', message: 'too much' }], 'displayName')).toBeNull()
  })
})
