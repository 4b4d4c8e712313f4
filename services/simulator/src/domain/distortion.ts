import { z } from 'zod'

/**
 * How an activity is shown otherwise than it is: any field with any value (`"name": "Sunset \ud83d"`, `"id": null`), or
 * without some. Lists still order and filter it by what it is.
 */
export const distortionSchema = z.strictObject({
  fields: z.record(z.string(), z.json()).default({}),
  without: z.array(z.string()).default([]),
})

export type Distortion = z.output<typeof distortionSchema>

export const distorted = (shape: object, distortion: Distortion | undefined): object => {
  if (!distortion) return shape
  const shown = { ...shape, ...distortion.fields }
  return Object.fromEntries(Object.entries(shown).filter(([field]) => !distortion.without.includes(field)))
}
