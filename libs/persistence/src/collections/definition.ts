import type { WaitingEvent } from '@slipstream/records'
import { Schema, type SchemaDefinition } from 'mongoose'

/** An index as data: made by the migration step, its presence checked at every start. */
export interface IndexDeclaration {
  name: string
  key: Readonly<Record<string, 1 | -1>>
  unique?: boolean
  sparse?: boolean
  /** TTL: garbage collection only, up to a minute or more late; queries check expiry themselves. */
  expireAfterSeconds?: number
  /** Only rows that match are in the index, and unique among themselves. */
  partialFilterExpression?: Readonly<Record<string, unknown>>
}

export interface CollectionDefinition<Row> {
  name: string
  schema: Schema<Row>
  indexes: readonly IndexDeclaration[]
  /** Names of indexes that an earlier release declared and none needs any more; dropped by `npm run migrate`. */
  retiredIndexes: readonly string[]
}

/** How mongoose casts and checks a field whose values are `Value`. */
export interface Field<Value> {
  readonly options: Readonly<Record<string, unknown>>
  /** Never there: lets the compiler compare `Value` with the type of the row's field. */
  readonly holds?: (value: Value) => Value
}

/** A field that rows of an earlier release lack; whoever reads it gives the value that stands for that. */
export interface AddedField<Value> extends Field<Value> {
  readonly isAdded: true
}

/** One field for each of the row's, of its type: one that is missing, unknown or of another type does not compile. */
export type FieldsOf<Row> = {
  readonly [Key in keyof Row]-?: Record<never, never> extends Pick<Row, Key>
    ? AddedField<Exclude<Row[Key], undefined>>
    : Field<Row[Key]>
}

/**
 * An unknown field is written as it is: a replica of a later release may have put it into a row that is read and written back
 * here, and dropping it would undo that, throwing would stop this replica. The compiler keeps our own unknown fields out.
 * `strictQuery` throws: by default an unknown filter key matches every document.
 */
const strictOptions = {
  strict: false,
  strictQuery: 'throw',
  versionKey: false,
  autoIndex: false,
  autoCreate: false,
  bufferCommands: false,
  minimize: false,
} as const

const definitionOf = (fields: object): SchemaDefinition =>
  Object.fromEntries(Object.entries(fields).map(([name, field]: [string, Field<unknown>]) => [name, field.options]))

export const defineCollection = <Row>(
  name: string,
  fields: FieldsOf<Row>,
  indexes: readonly IndexDeclaration[] = [],
  retiredIndexes: readonly string[] = [],
): CollectionDefinition<Row> => ({
  name,
  schema: new Schema(definitionOf(fields), { ...strictOptions, collection: name }) as unknown as Schema<Row>,
  indexes,
  retiredIndexes,
})

const required = <Value>(type: unknown): Field<Value> => ({ options: { type, required: true } })
const optional = <Value>(type: unknown): Field<Value | null> => ({ options: { type, default: null } })

export const text = required<string>(String)
/** A text that may be empty. */
export const anyText: Field<string> = { options: { type: String, default: '' } }
export const optionalText = optional<string>(String)
export const texts = required<string[]>([String])
export const optionalTexts = optional<string[]>([String])
export const time = required<Date>(Date)
export const optionalTime = optional<Date>(Date)
export const count = required<number>(Number)
export const optionalNumber = optional<number>(Number)
export const flag = required<boolean>(Boolean)
export const optionalFlag = optional<boolean>(Boolean)
/** Anything BSON can hold, unchecked. */
export const mixed = <Value extends object>(): Field<Value> => ({
  options: { type: Schema.Types.Mixed, default: {} },
})

export const oneOf = <const Value extends string>(values: readonly Value[]): Field<Value> => ({
  options: { type: String, enum: [...values], required: true },
})
export const optionalOneOf = <const Value extends string>(values: readonly Value[]): Field<Value | null> => ({
  options: { type: String, enum: [...values, null], default: null },
})

const schemaOf = (fields: object): Schema => new Schema(definitionOf(fields), { ...strictOptions, _id: false })

/** A nested object without an id of its own, as strict as its parent. */
export const nested = <Value extends object>(fields: FieldsOf<Value>): Field<Value> => required(schemaOf(fields))
export const optionalNested = <Value extends object>(fields: FieldsOf<Value>): Field<Value | null> =>
  optional(schemaOf(fields))
export const listOf = <Value extends object>(fields: FieldsOf<Value>): Field<Value[]> => ({
  options: { type: [schemaOf(fields)], default: [] },
})

/** For a field that came after release 0.1, or that only some rows have: absent stays absent. */
export const added = <Value>({ options }: Field<Value>): AddedField<Value> => ({
  options: { ...options, required: false, default: undefined },
  isAdded: true,
})

/** Events that wait in the document whose change they tell. Written and emptied atomically with that document. */
export const outbox = listOf<WaitingEvent>({
  id: text,
  // The schema of an event lives with its type; it was checked when the event was made.
  type: text as unknown as Field<WaitingEvent['type']>,
  data: { options: { type: Schema.Types.Mixed, required: true } },
  occurredAt: time,
  traceparent: added(text),
  attempts: added(count),
  nextTryAt: added(time),
})

/** What replicas of release 0.1 find waiting events with; the count of them still does. */
const outboxWaitingIndex: IndexDeclaration = {
  name: 'outbox_waiting',
  key: { 'outbox.occurredAt': 1 },
  sparse: true,
}

/**
 * Lets the relay find the few documents with an event to publish now among millions without. Events never tried have no
 * `nextTryAt` and stand first, in the order of their time.
 */
export const outboxDueIndex: IndexDeclaration = {
  name: 'outbox_due',
  key: { 'outbox.nextTryAt': 1, 'outbox.occurredAt': 1 },
  sparse: true,
}

/** Of every collection with an outbox. */
export const outboxIndexes: readonly IndexDeclaration[] = [outboxWaitingIndex, outboxDueIndex]
