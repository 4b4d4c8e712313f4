// What a JSON Schema of the documents says of its fields, in words.

/** A JSON Schema, as far as the references look into it. */
export interface Schema {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  format?: string
  description?: string | undefined
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  $ref?: string
}

export interface Field {
  /** With the names of what it stands in: `window.after`, `waits[].reason`. */
  name: string
  schema: Schema
}

const choicesOf = ({ anyOf, oneOf }: Schema): Schema[] => anyOf ?? oneOf ?? []

const nameOf = ($ref: string): string => $ref.replace(/^.*\//, '')

/** The schemas with names of their own that it leads to. */
export const namesIn = ({ $ref, items, ...schema }: Schema): string[] => [
  ...($ref ? [nameOf($ref)] : []),
  ...[...choicesOf(schema), ...(items ? [items] : [])].flatMap(namesIn),
]

const typeWords: Readonly<Record<string, string>> = { 'date-time': 'time', date: 'date', uri: 'URL' }

/** A schema as one would say it: `string`, `string or null`, `array of Workout`. */
export const wordsOf = (schema: Schema): string => {
  const { $ref, type, format, items, additionalProperties } = schema
  if ($ref) return nameOf($ref)
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  const choices = choicesOf(schema)
  if (choices.length > 0) return choices.map(wordsOf).join(' or ')
  if (type === 'array') return `array of ${wordsOf(items ?? {})}`
  if (type === 'object' && typeof additionalProperties === 'object' && additionalProperties.type) {
    return `object of ${wordsOf(additionalProperties)}`
  }
  return typeWords[format ?? ''] ?? [type ?? 'any'].flat().join(' or ')
}

/** Every whole number is between these; that one is says nothing. */
const isTold = (bound: number | undefined): bound is number => bound !== undefined && Number.isSafeInteger(bound + 1)

const limitsOf = ({ minimum, maximum, minLength, maxLength, default: byDefault }: Schema): string[] => [
  ...(isTold(minimum) && isTold(maximum) ? [`${minimum} to ${maximum}.`] : []),
  ...(maxLength === undefined ? [] : [`${minLength ? `${minLength} to ` : 'At most '}${maxLength} characters.`]),
  ...(['number', 'string', 'boolean'].includes(typeof byDefault) ? [`Default: \`${byDefault}\`.`] : []),
]

/** But for what says no more than that there may be nothing. */
const substantialChoicesOf = (schema: Schema): Schema[] => choicesOf(schema).filter(({ type }) => type !== 'null')

/** What is said of it, and of its values where they have a list of their own. */
export const descriptionOf = (schema: Schema): string =>
  [...substantialChoicesOf(schema), schema].flatMap(({ description }) => description ?? []).join(' ')

/** What is said of it, and how large it may be. */
export const meaningOf = (schema: Schema): string =>
  [descriptionOf(schema), ...[schema, ...substantialChoicesOf(schema)].flatMap(limitsOf)].filter(Boolean).join(' ')

/** The fields of an object and those of the objects in it; what a reference leads to has a place of its own. */
export const fieldsOf = (schema: Schema, prefix = ''): Field[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { name: `${prefix}${name}`, schema: field },
    ...fieldsOf(field, `${prefix}${name}.`),
  ]),
  ...choicesOf(schema).flatMap((choice) => fieldsOf(choice, prefix)),
  ...(schema.items ? fieldsOf(schema.items, prefix.replace(/\.$/, '[].')) : []),
]
