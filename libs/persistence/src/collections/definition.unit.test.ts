import { expect, it } from 'vitest'
import { added, defineCollection, flag, optionalText, text } from './definition.ts'

interface Row {
  _id: string
  name: string | null
  isHeld?: boolean
}

it('takes one field for each of the row’s', () => {
  const { schema } = defineCollection<Row>('rows', { _id: text, name: optionalText, isHeld: added(flag) })
  expect(Object.keys(schema.paths)).toEqual(['_id', 'name', 'isHeld'])
})

// The type check fails when one of these compiles.
export const refusedByTheCompiler = () => {
  // @ts-expect-error a field is missing
  defineCollection<Row>('rows', { _id: text, isHeld: added(flag) })
  // @ts-expect-error no row has this field
  defineCollection<Row>('rows', { _id: text, name: optionalText, isHeld: added(flag), other: text })
  // @ts-expect-error the row holds something else
  defineCollection<Row>('rows', { _id: text, name: flag, isHeld: added(flag) })
  // @ts-expect-error null is a value of the row, not of the field
  defineCollection<Row>('rows', { _id: text, name: text, isHeld: added(flag) })
  // @ts-expect-error rows of an earlier release lack it, so it may not be required
  defineCollection<Row>('rows', { _id: text, name: optionalText, isHeld: flag })
}
