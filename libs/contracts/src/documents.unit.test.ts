import { describe, expect, test } from 'vitest'
import committedAsyncApi from '../../../docs/api/asyncapi.json' with { type: 'json' }
import committedOpenApi from '../../../docs/api/openapi.json' with { type: 'json' }
import { createAsyncApiDocument } from './asyncapi.ts'
import { errorCatalogue, errorCodes } from './error-catalogue.ts'
import { dataSchemaOf, eventData, eventTypes } from './events.ts'
import { eventExamples, problemExample } from './examples.ts'
import { createOpenApiDocument } from './openapi.ts'
import { descriptionOf, fieldsOf, namesIn, type Schema } from './schema-fields.ts'

const plain = (document: object) => JSON.parse(JSON.stringify(document))

test.each([
  ['openapi.json', committedOpenApi, createOpenApiDocument],
  ['asyncapi.json', committedAsyncApi, createAsyncApiDocument],
])('docs/api/%s is current; npm run generate makes it so', (_name, committed, create) => {
  expect(committed).toEqual(plain(create()))
})

test('every event has a channel, a message with its schema version, and a payload', () => {
  const { channels, components } = plain(createAsyncApiDocument())
  for (const type of eventTypes) {
    expect(channels[type].address).toMatch(new RegExp(`^${type}\\.`))
    expect(components.messages[type].headers.properties['ce-dataschema'].const).toBe(dataSchemaOf(type))
    expect(components.schemas[type].required).toContain('athleteId')
  }
})

test('every operation names the error codes it may answer, with a known code in each', () => {
  const { paths } = plain(createOpenApiDocument())
  for (const operations of Object.values<Record<string, { responses: Record<string, { description: string }> }>>(
    paths,
  )) {
    for (const { responses } of Object.values(operations)) {
      const described = Object.entries(responses).filter(([status]) => Number(status) >= 400)
      expect(described.length).toBeGreaterThan(0)
      for (const [, { description }] of described) {
        const named = [...description.matchAll(/`(\w+)`/g)].map((match) => match[1])
        expect(errorCodes).toEqual(expect.arrayContaining(named))
      }
    }
  }
})

test('answers and events may gain fields, requests may not have unknown ones', () => {
  const schemas = createOpenApiDocument().components?.schemas ?? {}
  expect(schemas).toMatchObject({
    ProfileSubmission: { additionalProperties: false },
    LinkCompletionRequest: { additionalProperties: false },
  })
  for (const name of ['Status', 'Workout', 'Problem', 'Summary']) {
    expect(schemas[name], name).not.toHaveProperty('additionalProperties')
  }
  expect(JSON.stringify(createAsyncApiDocument())).not.toContain('"additionalProperties":false')
})

interface Media {
  schema: { type?: string }
  example?: object
  examples?: Record<string, { value: object }>
}
interface Body {
  content?: Record<string, Media>
}

test('every body of JSON has an example; that it fits its schema is a rule of contracts.system.test.ts', () => {
  const { paths } = plain(createOpenApiDocument())
  const without = Object.entries<Record<string, { requestBody?: Body; responses: Record<string, Body> }>>(
    paths,
  ).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody, responses }]) =>
      [requestBody, ...Object.values(responses)]
        .flatMap((body) => Object.entries(body?.content ?? {}))
        .filter(([type, media]) => type.endsWith('json') && !media.example && !media.examples)
        .map(([type]) => `${method} ${path}: ${type}`),
    ),
  )
  expect(without).toEqual([])
})

test.each(eventTypes)('the example of %s is what its schema reads, with every field it may have', (type) => {
  const example = eventExamples[type]
  expect(eventData[type].parse(example)).toEqual(example)
  expect(Object.keys(example).toSorted()).toEqual(Object.keys(eventData[type].shape).toSorted())
})

test('the example of a problem says what the catalogue says', () => {
  for (const code of errorCodes) {
    const { status, title, detail } = errorCatalogue[code]
    expect(problemExample(code)).toMatchObject({ code, status, title, detail })
  }
})

interface Described {
  paths?: Record<string, Record<string, { parameters?: Parameter[]; responses: Record<string, Body> }>>
  components: { schemas: Record<string, Schema> }
}
interface Parameter {
  name: string
  description?: string
  schema: Schema
}

/** All that a document says of a field, a parameter or a body: its place, and the schema that has to describe it. */
const fieldsIn = ({ paths = {}, components }: Described) => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ place: `${method} ${path}`, operation })),
  )
  const bodies = [
    ...Object.entries(components.schemas).map(([place, schema]) => ({ place, schema })),
    ...operations.flatMap(({ place, operation }) =>
      Object.values(operation.responses)
        .flatMap(({ content = {} }) => Object.values(content))
        .map(({ schema }) => ({ place, schema: schema as Schema })),
    ),
  ]
  return [
    ...bodies.flatMap(({ place, schema }) =>
      fieldsOf(schema).map(({ name, schema: field }) => ({ place: `${place}.${name}`, field })),
    ),
    ...operations.flatMap(({ place, operation: { parameters = [] } }) =>
      parameters.map(({ name, description, schema }) => ({
        place: `${place}?${name}`,
        field: { ...schema, description: description ?? schema.description },
      })),
    ),
  ]
}

const valuesOf = (schema: Schema): unknown[] =>
  [schema, ...(schema.anyOf ?? [])].flatMap(({ enum: values = [] }) => values).filter((value) => value !== null)

describe.each([
  ['openapi.json', createOpenApiDocument],
  ['asyncapi.json', createAsyncApiDocument],
])('in %s', (_name, create) => {
  const document: Described = plain(create())
  const leadsToText = (field: Schema): boolean =>
    namesIn(field).some((name) => document.components.schemas[name]?.description)

  test('every field and parameter says what it means', () => {
    const silent = fieldsIn(document).filter(({ field }) => !leadsToText(field) && descriptionOf(field) === '')
    expect(silent.map(({ place }) => place)).toEqual([])
  })

  test('every value of a list is told of; codes of errors stand in the catalogue', () => {
    const unsaid = fieldsIn(document).flatMap(({ place, field }) => {
      const values = valuesOf(field)
      if (values.includes('internal_error')) return []
      return values
        .filter((value) => !descriptionOf(field).includes(`\`${value}\`: `))
        .map((value) => `${place}: ${value}`)
    })
    expect(unsaid).toEqual([])
  })
})
