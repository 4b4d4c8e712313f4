import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { headers } from '@nats-io/transport-node'
import { eventData } from '@slipstream/contracts'
import { createAsyncApiDocument } from '@slipstream/contracts/asyncapi'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../src/envelope.ts'

interface FrozenEvent {
  subject: string
  headers: Record<string, string>
  data: Record<string, unknown>
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

  it.each(frozenEvents)('read $name as today’s code would write it', ({ event }) => {
    const { type, data } = decodeEvent(messageOf(event))
    expect(eventData[type].safeParse(data).success).toBe(true)
    const validate = ajv.compile({ $ref: `frozen#/components/schemas/${type}` })
    validate(data)
    expect(validate.errors ?? []).toEqual([])
  })
})
