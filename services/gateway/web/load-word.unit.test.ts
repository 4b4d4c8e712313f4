import { describe, expect, it } from 'vitest'
import { loadSentence, loadWord } from './load-word.ts'

/** 28 days: `earlier` of them with training before the last seven, and the ratio as the API gives it. */
const load = (ratio: number | null, earlier: number) => ({
  ratio,
  days: Array.from({ length: 28 }, (_, index) => ({ date: '', load: index < earlier ? 50 : 0, durationSeconds: 0 })),
})

describe('loadWord', () => {
  it.each([
    [0, 12, 'resting'],
    [0.79, 12, 'resting'],
    [0.8, 12, 'steady'],
    [1, 12, 'steady'],
    [1.3, 12, 'steady'],
    [1.31, 12, 'building fast'],
    [4, 3, 'building fast'],
    [1, 2, 'not enough data yet'],
    [4, 0, 'not enough data yet'],
    [null, 0, 'not enough data yet'],
  ])('a ratio of %s after %d earlier days of training is %s', (ratio, earlier, word) =>
    expect(loadWord(load(ratio, earlier), false)).toBe(word),
  )

  it('gives no verdict while workouts may be missing', () => {
    expect(loadWord(load(1, 12), true)).toBe('not enough data yet')
  })

  it('does not count training of the last seven days as earlier', () => {
    const { days, ratio } = load(1.2, 2)
    const recent = days.map((day, index) => (index >= 21 ? { ...day, load: 50 } : day))
    expect(loadWord({ days: recent, ratio }, false)).toBe('not enough data yet')
  })
})

describe('loadSentence', () => {
  it('says what the word compares, or why there is none', () => {
    expect(loadSentence('resting', false)).toContain('well below')
    expect(loadSentence('building fast', false)).toContain('well above')
    expect(loadSentence('not enough data yet', false)).toContain('too little training')
    expect(loadSentence('not enough data yet', true)).toContain('will still change')
  })
})
