import { z } from 'zod'

type Defaulted<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape as Shape[Key] extends z.ZodDefault ? Key : never]: z.output<Shape[Key]>
}

/** The values that stand for fields which something written by an earlier release does not have. */
export const defaultsOf = <Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>): Defaulted<Shape> =>
  Object.fromEntries(
    Object.entries(schema.shape)
      .filter(([, field]) => field instanceof z.ZodDefault)
      .map(([name, field]) => [name, z.parse(field as z.ZodDefault, undefined)]),
  ) as Defaulted<Shape>
