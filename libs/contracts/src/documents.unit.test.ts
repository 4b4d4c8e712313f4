import { expect, test } from 'vitest'
import committedAsyncApi from '../../../docs/api/asyncapi.json' with { type: 'json' }
import committedOpenApi from '../../../docs/api/openapi.json' with { type: 'json' }
import { createAsyncApiDocument } from './asyncapi.ts'
import { errorCodes } from './error-catalogue.ts'
import { dataSchemaOf, eventTypes } from './events.ts'
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
