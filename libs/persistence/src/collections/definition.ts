import { Schema, type SchemaDefinition } from 'mongoose'

/** An index as data: made by the migration step, its presence checked at every start. */
export interface IndexDeclaration {
  name: string
  key: Readonly<Record<string, 1 | -1>>
  unique?: boolean
  sparse?: boolean
  /** TTL: garbage collection only, up to a minute or more late; queries check expiry themselves. */
  expireAfterSeconds?: number
}

export interface CollectionDefinition<Doc> {
  name: string
  schema: Schema<Doc>
  indexes: readonly IndexDeclaration[]
}

/** `strict` and `strictQuery` throw: by default mongoose drops unknown fields, and an unknown filter key matches all. */
const strictOptions = {
  strict: 'throw',
  strictQuery: 'throw',
  versionKey: false,
  autoIndex: false,
  autoCreate: false,
  bufferCommands: false,
  minimize: false,
} as const

export const defineCollection = <Doc>(
  name: string,
  fields: SchemaDefinition,
  indexes: readonly IndexDeclaration[] = [],
): CollectionDefinition<Doc> => ({
  name,
  schema: new Schema(fields, { ...strictOptions, collection: name }) as unknown as Schema<Doc>,
  indexes,
})

/** A nested object without an id of its own, as strict as its parent. */
export const nested = (fields: SchemaDefinition): Schema => new Schema(fields, { ...strictOptions, _id: false })

export const id = { type: String, required: true } as const
export const text = { type: String, required: true } as const
export const optionalText = { type: String, default: null } as const
export const time = { type: Date, required: true } as const
export const optionalTime = { type: Date, default: null } as const
export const count = { type: Number, required: true } as const
export const optionalNumber = { type: Number, default: null } as const
export const flag = { type: Boolean, required: true } as const

/** Events that wait in the document whose change they tell. Written and emptied atomically with that document. */
export const outbox = {
  type: [
    nested({
      id: text,
      type: text,
      data: { type: Schema.Types.Mixed, required: true },
      occurredAt: time,
      traceparent: { type: String },
    }),
  ],
  default: [],
}

/** Lets the relay find the few documents with waiting events among millions without. */
export const outboxIndex: IndexDeclaration = { name: 'outbox_waiting', key: { 'outbox.occurredAt': 1 }, sparse: true }
