import type { SweepMarkRow, SweepPlace } from '@slipstream/records'
import { anyText, defineCollection, flag, nested, text, time } from './definition.ts'

const place = nested<SweepPlace>({ time, id: anyText })

export const sweepMarks = defineCollection<SweepMarkRow>('sweep_marks', {
  _id: text,
  changes: place,
  isCaughtUp: flag,
  walk: place,
})
