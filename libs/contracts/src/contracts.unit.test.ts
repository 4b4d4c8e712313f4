import { describe, expect, it } from 'vitest'
import { errorCatalogue, eventTypes, linkTokenRequestSchema, subjectOf, workoutsQuerySchema } from './index.ts'

describe('subjects', () => {
  it('name the type and the athlete', () => {
    expect(subjectOf({ type: 'activity.ingested', data: { athleteId: 'ath_1' } })).toBe('activity.ingested.ath_1')
  })

  it('of sync requests name the lane too', () => {
    expect(subjectOf({ type: 'sync.requested', data: { athleteId: 'ath_1', lane: 'interactive' } })).toBe(
      'sync.requested.interactive.ath_1',
    )
  })

  it('never overlap between types', () => {
    const clashes = eventTypes.filter((type) => eventTypes.some((other) => type.startsWith(`${other}.`)))
    expect(clashes).toEqual([])
  })
})

describe('a link token request', () => {
  const web = (returnTo: string) => linkTokenRequestSchema.safeParse({ platform: 'web', returnTo }).success

  it('returns to a path of this site only', () => {
    expect(web('/training')).toBe(true)
    for (const target of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'evil',
      '/a\nb',
      '/%2f/x',
      '/?x=1',
    ])
      expect(web(target), target).toBe(false)
  })

  it('needs a code challenge from a mobile app', () => {
    const mobile = (codeChallenge?: string) =>
      linkTokenRequestSchema.safeParse({ platform: 'mobile', codeChallenge }).success
    expect(mobile('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')).toBe(true)
    expect(mobile()).toBe(false)
    expect(mobile('plain')).toBe(false)
  })
})

describe('a workouts query', () => {
  it.each([{ limit: '0' }, { limit: '1e9' }, { limit: '-1' }, { limit: 'x' }, { from: 'yesterday' }, { unknown: '1' }])(
    'refuses %j',
    (query) => {
      expect(workoutsQuerySchema.safeParse(query).success).toBe(false)
    },
  )
})

it('every catalogue entry says who must do what', () => {
  for (const [code, entry] of Object.entries(errorCatalogue)) {
    expect(entry.title.length, code).toBeGreaterThan(5)
    expect(entry.detail.endsWith('.'), code).toBe(true)
    expect(entry.status, code).toBeGreaterThanOrEqual(400)
  }
})
