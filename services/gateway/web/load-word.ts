import type { TrainingLoad } from '@slipstream/contracts'

/**
 * The ratio of acute to chronic load in one word. The bands are those of Gabbett (2016, https://doi.org/10.1136/bjsports-2015-095788)
 * and Blanch & Gabbett (2016, https://doi.org/10.1136/bjsports-2015-095445): injuries were rarest between 0.8 and 1.3. Whether the
 * ratio foretells injuries is disputed (Impellizzeri et al. 2020, https://doi.org/10.1123/ijspp.2019-0864); here it says how the last
 * week compares with the athlete's own month, and nothing of their health.
 */
export type LoadWord = 'steady' | 'building fast' | 'resting' | 'not enough data yet'

/** Below it the last week was light. */
export const steadyFrom = 0.8
/** Above it the last week was heavy. */
export const steadyTo = 1.3

const recentDays = 7
/** Ours: training on fewer of the 21 days before the last week is no habit to compare a week with. */
export const minEarlierDays = 3

/** `isSoFar`: workouts of the 28 days may still be missing. */
export const loadWord = ({ days, ratio }: Pick<TrainingLoad, 'days' | 'ratio'>, isSoFar: boolean): LoadWord => {
  const earlier = days.slice(0, -recentDays).filter(({ load }) => load > 0)
  if (isSoFar || ratio === null || earlier.length < minEarlierDays) return 'not enough data yet'
  if (ratio < steadyFrom) return 'resting'
  return ratio > steadyTo ? 'building fast' : 'steady'
}

const sentences: Record<LoadWord, string> = {
  steady: 'Your last 7 days are much like your last four weeks.',
  'building fast': 'Your last 7 days are well above your last four weeks.',
  resting: 'Your last 7 days are well below your last four weeks.',
  'not enough data yet': 'There is too little training in the three weeks before the last 7 days to compare them with.',
}

export const loadSentence = (word: LoadWord, isSoFar: boolean): string =>
  isSoFar ? 'Not all workouts of the last four weeks are here yet: these figures will still change.' : sentences[word]
