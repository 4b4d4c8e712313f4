import { expect, test } from 'vitest'
import committedAsyncApi from '../../../docs/api/asyncapi.json' with { type: 'json' }
import committedOpenApi from '../../../docs/api/openapi.json' with { type: 'json' }
import { createAsyncApiDocument } from './asyncapi.ts'
import { errorCatalogue, errorCodes } from './error-catalogue.ts'
import { dataSchemaOf, eventData, eventTypes } from './events.ts'
import { eventExamples, problemExample } from './examples.ts'
import { createOpenApiDocument } from './openapi.ts'

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
