import { createAsyncApiDocument } from '@slipstream/contracts/asyncapi'
import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import { compile } from 'json-schema-to-typescript'
import { openedFor } from './open.ts'

/** A JSON Schema, as far as this file looks into it. */
export interface Schema {
  [keyword: string]: unknown
  enum?: unknown[]
}
type Schemas = Record<string, Schema>

interface Operation {
  parameters?: { in: string; name: string; required?: boolean; schema: Schema; description?: string }[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Record<string, { content?: { 'application/json'?: { schema: Schema } } }>
}

interface Documents {
  openapi: { paths: Record<string, Record<string, Operation>>; components: { schemas: Schemas } }
  asyncapi: { components: { schemas: Schemas } }
}

const header = '// Made from the contracts by `npm run generate`; not to be edited.\n\n'

const plain = <Document>(document: object): Document => JSON.parse(JSON.stringify(document))

const required = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined) throw new Error(`the contracts have no ${what}`)
  return value
}

/** `activity.ingested` → `ActivityIngested`. */
const typeNameOf = (name: string): string =>
  name.replaceAll(/(?:^|[._])(\w)/g, (_match, letter: string) => letter.toUpperCase())

/** Refers to what stands beside it, under the names that the types have. */
const withLocalReferences = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value).replaceAll(
      /"#\/components\/schemas\/([^"]+)"/g,
      (_match, name: string) => `"#/definitions/${typeNameOf(name)}"`,
    ),
  )

const queryOf = ({ parameters = [] }: Operation): Schema => {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  return {
    type: 'object',
    properties: Object.fromEntries(
      inQuery.map(({ name, schema, description }) => [
        name,
        description === undefined ? schema : { ...schema, description },
      ]),
    ),
    required: inQuery.filter((parameter) => parameter.required).map(({ name }) => name),
    additionalProperties: false,
  }
}

const answerOf = ({ responses }: Operation): Schema =>
  required(responses['200']?.content?.['application/json']?.schema, 'such answer')

/** Bodies that a caller sends; all else is read. */
const isSent = (name: string): boolean => /Request$|Submission$|Query$/.test(name)

const definitionsOf = ({ openapi, asyncapi }: Documents): Schemas => {
  const get = (path: string) => required(openapi.paths[path]?.get, path)
  const api: Schemas = {
    ...openapi.components.schemas,
    ListWorkoutsQuery: queryOf(get('/api/v1/workouts')),
    ListRunsQuery: queryOf(get('/api/v1/strava/runs')),
    PageConfig: answerOf(get('/config.json')),
    ErrorList: answerOf(get('/errors')),
    ErrorCode: required((openapi.components.schemas.Problem?.properties as Schemas | undefined)?.code, 'error codes'),
  }
  const events = asyncapi.components.schemas
  const types = Object.keys(events).filter((name) => name !== 'Workout')
  const byType: Schema = {
    description: 'The data of each event.',
    type: 'object',
    properties: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/schemas/${type}` }])),
    required: types,
  }
  const open = (schemas: Schemas): Schemas =>
    Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        typeNameOf(name),
        isSent(name) || name === 'ErrorCode' ? schema : openedFor('types', schema),
      ]),
    )
  return withLocalReferences(open({ ...events, ...api, EventDataByType: byType }))
}

/** What the generator says of each type and of the whole; it tells a reader nothing. */
const chatter = [
  /( \*\n)? \* This interface was referenced by `Contracts`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
  /\/\*\*\n \*\/\n/g,
  /export interface Contracts \{[^}]*\}\n/,
]

const typesOf = async (documents: Documents): Promise<string> => {
  const text = await compile({ definitions: definitionsOf(documents) } as Parameters<typeof compile>[0], 'Contracts', {
    additionalProperties: false,
    bannerComment: header.trim(),
    unreachableDefinitions: true,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  return chatter.reduce((rest, pattern) => rest.replace(pattern, ''), text)
}

const eventSchemasOf = ({ asyncapi }: Documents): string => {
  const definitions = Object.fromEntries(
    Object.entries(asyncapi.components.schemas).map(([name, schema]) => [name, openedFor('checks', schema)]),
  )
  const text = JSON.stringify(definitions, null, 2).replaceAll('#/components/schemas/', '#/definitions/')
  return `${header}export const eventSchemas = ${text}\n`
}

/** The client's types and the checks of events, by file name. */
export const generate = async (): Promise<Record<'contracts.ts' | 'event-schemas.ts', string>> => {
  const documents: Documents = {
    openapi: plain(createOpenApiDocument()),
    asyncapi: plain(createAsyncApiDocument()),
  }
  return { 'contracts.ts': await typesOf(documents), 'event-schemas.ts': eventSchemasOf(documents) }
}
