import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { headers } from '@nats-io/transport-node'
import { type EventType, eventData } from '@slipstream/contracts'
import { createAsyncApiDocument } from '@slipstream/contracts/asyncapi'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeEvent } from '../src/envelope.ts'

interface FrozenEvent {
  subject: string
  headers: Record<string, string>
  data: Record<string, unknown>
}

interface JsonSchema {
  type?: string | string[]
  $ref?: string
  $defs?: Record<string, JsonSchema>
  enum?: unknown[]
  format?: string
  pattern?: string
  minLength?: number
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
}

const goldenFolder = join(import.meta.dirname, '../../contracts/golden')
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(goldenFolder, ...path), 'utf8'))
const versions = readdirSync(goldenFolder).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))

const frozenEvents = versions.flatMap((version) =>
  readdirSync(join(goldenFolder, version, 'events')).flatMap((file) =>
    (readJson(version, 'events', file) as FrozenEvent[]).map((event, index) => ({
      name: `${version} ${file} #${index}`,
      event,
    })),
  ),
)

const messageOf = (event: FrozenEvent) => {
  const head = headers()
  for (const [name, value] of Object.entries(event.headers)) head.set(name, value)
  return { headers: head, data: new TextEncoder().encode(JSON.stringify(event.data)) }
}

describe('events of every release', () => {
  it('are there', () => {
    expect(new Set(frozenEvents.map(({ event }) => event.headers['ce-type'])).size).toBeGreaterThanOrEqual(10)
  })

  it.each(frozenEvents)('$name is read, and nothing of it is lost', ({ event }) => {
    const { type, data } = decodeEvent(messageOf(event))
    expect(type).toBe(event.headers['ce-type'])
    expect(data).toMatchObject(event.data)
  })
})

describe('the newest frozen schemas', () => {
  const { components } = readJson(versions.at(-1) ?? '', 'schemas', 'asyncapi.json')
  /** Each enum of a schema, by its place. */
  const enumsOf = (schema: unknown, place = ''): [string, string[]][] => {
    if (typeof schema !== 'object' || schema === null) return []
    const own = 'enum' in schema && Array.isArray(schema.enum) ? [[place, schema.enum] as [string, string[]]] : []
    return [...own, ...Object.entries(schema).flatMap(([key, inner]) => enumsOf(inner, `${place}/${key}`))]
  }

  it('know every value that today’s code may write, unless their readers take an unknown one', () => {
    const frozen = new Map(enumsOf(components.schemas))
    const added = enumsOf(createAsyncApiDocument().components).flatMap(([place, values]) => {
      const known = frozen.get(place.replace(/^\/schemas/, ''))
      return known ? values.filter((value) => !known.includes(value)).map((value) => `${place}: ${value}`) : []
    })
    expect(added).toEqual([])
  })

  const ajv = addFormats.default(new Ajv({ strict: false }))
  ajv.addSchema({ $id: 'frozen', components })

  /** Each way in which data may differ from this value and still be as the schema of today says, by its place. */
  const edgesOf = (
    schema: JsonSchema,
    value: unknown,
    resolved: (schema: JsonSchema) => JsonSchema,
    place = '',
  ): [string, unknown][] => {
    const choices = (schema.anyOf ?? [schema]).map(resolved)
    const own = choices.flatMap((choice): [string, unknown][] => {
      const types = [choice.type ?? []].flat()
      const isFreeText = !('const' in choice || choice.enum || choice.format || choice.pattern || choice.minLength)
      const edges = [choice.minimum, choice.maximum].filter((bound) => bound !== undefined)
      if (choice.exclusiveMinimum !== undefined) edges.push(choice.exclusiveMinimum + 1)
      return [
        ...(types.includes('null') ? [[`${place} null`, null] as [string, unknown]] : []),
        ...(types.includes('string') && isFreeText ? [[`${place} empty`, ''] as [string, unknown]] : []),
        ...edges.map((edge): [string, unknown] => [`${place} ${edge}`, edge]),
      ]
    })
    const { properties, required = [] } = choices.find((choice) => choice.properties) ?? {}
    if (!properties || typeof value !== 'object' || value === null) return own
    const inner = Object.entries(properties).flatMap(([name, of]): [string, unknown][] => {
      const { [name]: present, ...others } = value as Record<string, unknown>
      const changed = edgesOf(of, present, resolved, `${place}/${name}`).map(([where, edge]): [string, unknown] => [
        where,
        { ...others, [name]: edge },
      ])
      return required.includes(name) ? changed : [...changed, [`${place}/${name} absent`, others]]
    })
    return [...own, ...inner]
  }

  it.each(Object.keys(eventData) as EventType[])('read whatever today’s code may write as %s', (type) => {
    const frozen = frozenEvents.findLast(({ event }) => event.headers['ce-type'] === type)
    // An event that is new since then nobody of that release asks for.
    if (!frozen) return
    const { data } = decodeEvent(messageOf(frozen.event))
    const validate = ajv.compile({ $ref: `frozen#/components/schemas/${type}` })
    const today = z.toJSONSchema(eventData[type], { io: 'output', unrepresentable: 'any' }) as JsonSchema
    const resolved = (schema: JsonSchema) => today.$defs?.[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
    const refused = edgesOf(today, data, resolved).filter(([, edge]) => !validate(edge))
    expect(refused.map(([place]) => place)).toEqual([])
  })

  it.each(frozenEvents)('read $name as today’s code would write it', ({ event }) => {
    const { type, data } = decodeEvent(messageOf(event))
    expect(eventData[type].safeParse(data).success).toBe(true)
    const validate = ajv.compile({ $ref: `frozen#/components/schemas/${type}` })
    validate(data)
    expect(validate.errors ?? []).toEqual([])
  })
})
