import { createAsyncApiDocument } from './asyncapi.ts'
import { type CatalogueEntry, type ErrorCode, errorCatalogue, errorCodes } from './error-catalogue.ts'
import { type EventType, eventTypes, transientEventTypes } from './events.ts'
import { eventExamples } from './examples.ts'
import { createOpenApiDocument } from './openapi.ts'
import { fieldsOf, meaningOf, namesIn, type Schema, wordsOf } from './schema-fields.ts'
import { wayOutOf } from './way-out.ts'

// The references for people, in Markdown, from what the documents for programs are made from.

const generated = '<!-- Written by `npm run generate` from libs/contracts. -->'

const codeBlock = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

const jsonBlock = (value: unknown): string => codeBlock('json', JSON.stringify(value, null, 2))

/** In a cell of a table a bar would end the cell, and a line break the row. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** `anchorOf` says where on the page a schema with a name of its own is told of. */
const fieldTable = (schema: Schema, anchorOf: (name: string) => string): string =>
  table(
    ['Field', 'Type', 'Meaning'],
    fieldsOf(schema).map(({ name, schema: field }) => [
      `\`${name}\``,
      wordsOf(field),
      [meaningOf(field), ...namesIn(field).map((named) => `See [${named}](#${anchorOf(named)}).`)].join(' ').trim(),
    ]),
  )

const bodyAnchorOf = (name: string): string => `body-${name.toLowerCase()}`

const actorWords = { athlete: 'athlete', operator: 'operator', nobody: 'nobody' } as const

const errorSection = (code: ErrorCode): string => {
  const { title, detail, status, actor, action, actionUrl }: CatalogueEntry = errorCatalogue[code]
  const { who, todo } = wayOutOf(code)
  const place = actionUrl === null ? '' : `\n- **Where:** \`${actionUrl}\``
  return `## ${code}

**${title}** (HTTP ${status})

${detail}

- **Who acts:** ${who} (\`actor\`: \`${actorWords[actor]}\`)
- **What to do:** ${todo} (\`action\`: \`${action}\`)${place}
`
}

/** The error catalogue: what `/errors/{code}` says of one, for all. */
const errorReference = (): string => `# Errors

${generated}

Every error that the API, the page and the app can show. An answer that is an error is an RFC 9457 problem document
(\`application/problem+json\`): \`code\` names the error and never changes its meaning, \`actor\` says who has to act, \`action\` what
a client shows a button for, and \`type\` leads to a page about it. The same entries stand in \`status.error\` while something is wrong
with a link.

${table(
  ['Code', 'HTTP', 'Who acts', 'Title'],
  errorCodes.map((code) => {
    const { status, actor, title } = errorCatalogue[code]
    return [`[\`${code}\`](#${code})`, String(status), actorWords[actor], title]
  }),
)}

${errorCodes.map(errorSection).join('\n')}`

const eventAnchorOf = (name: string): string => name.toLowerCase()

interface AsyncApi {
  channels: Record<EventType, { address: string; description: string }>
  operations: Record<EventType, { summary: string }>
  components: {
    schemas: Record<EventType | 'Workout', Schema>
    messages: Record<EventType, { headers: Schema }>
  }
}

/** The events on NATS, one section each. */
const eventReference = (): string => {
  const { channels, operations, components } = createAsyncApiDocument() as unknown as AsyncApi
  const section = (type: EventType): string => `## ${type}

${[operations[type].summary, components.schemas[type].description].filter(Boolean).join(' ')}

- **Subject:** \`${channels[type].address}\`
- **Where:** ${channels[type].description}${transientEventTypes.includes(type) ? ' Not stored: heard live or not at all.' : ''}

${fieldTable(components.schemas[type], eventAnchorOf)}

${jsonBlock(eventExamples[type])}
`
  return `# Events

${generated}

What Slipstream publishes on NATS. For programs: [asyncapi.json](../api/asyncapi.json), which the gateway serves at
\`/asyncapi.json\`. Bodies are JSON; the attributes of CloudEvents 1.0 are message headers (binary mode). \`activity.*\` and
\`athlete.*\` are for other services; \`sync.requested\`, \`sync.triggered\` and \`strava.notified\` are Slipstream's own, and may be watched.

${table(
  ['Event', 'Tells'],
  eventTypes.map((type) => [`[\`${type}\`](#${type.replaceAll('.', '')})`, operations[type].summary]),
)}

## Versioning

\`ce-dataschema\` ends with the version of the event. Within a version fields are only added, and lists of values may grow: ignore what
you do not know. A breaking change gets a new version.

## Headers

${table(
  ['Header', 'Meaning'],
  Object.entries(components.messages['activity.ingested'].headers.properties ?? {}).map(([name, { description }]) => [
    `\`${name}\``,
    description ?? '',
  ]),
)}

${eventTypes.map(section).join('\n')}
## Workout

${components.schemas.Workout.description}

${fieldTable(components.schemas.Workout, eventAnchorOf)}
`
}

interface Media {
  schema?: Schema
  example?: unknown
}
interface Operation {
  summary: string
  description?: string
  tags: string[]
  security: object[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

const methodsInOrder = ['get', 'post', 'put', 'delete'] as const

/** As it is asked for with curl against `npm start`; what stands in braces has to be put in. */
const curlOf = (method: string, path: string, { security, requestBody, responses }: Operation): string => {
  const isStream = responses['200']?.content?.['text/event-stream'] !== undefined
  const body = requestBody?.content['application/json']?.example
  return [
    `curl -s${isStream ? 'N' : ''}${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} http://localhost:3000${path}`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`]),
  ].join(' \\\n  ')
}

/** What has a name is told of once, further down. */
const bodyWords = (schema: Schema): string =>
  schema.$ref ? `[\`${wordsOf(schema)}\`](#${bodyAnchorOf(wordsOf(schema))})` : 'JSON'

const operationSection = (method: string, path: string, operation: Operation): string => {
  const { summary, description, parameters = [], responses } = operation
  const [okStatus, ok] = Object.entries(responses).find(([status]) => Number(status) < 300) ?? []
  const { example, schema: answer } = ok?.content?.['application/json'] ?? {}
  const body = operation.requestBody?.content['application/json']?.schema
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${summary}.${description ? ` ${description}` : ''}`,
    ...(parameters.length === 0
      ? []
      : [
          table(
            ['Parameter', 'In', 'Type', 'Meaning'],
            parameters.map(({ name, in: place, required, description, schema }) => [
              `\`${name}\`${required ? ', required' : ''}`,
              place,
              wordsOf(schema),
              meaningOf({ ...schema, description }),
            ]),
          ),
        ]),
    // A browser and Strava are led to the others.
    ...(operation.security.length > 0 || operation.tags.includes('Site')
      ? [codeBlock('sh', curlOf(method, path, operation))]
      : []),
    ...(body === undefined ? [] : [`Takes ${bodyWords(body)}.`]),
    ...(example === undefined
      ? []
      : [`Answers ${okStatus}${answer ? `, ${bodyWords(answer)}` : ''}: ${ok?.description}`, jsonBlock(example)]),
    ...(answer?.$ref || !answer?.properties ? [] : [fieldTable(answer, bodyAnchorOf)]),
    table(
      ['Status', 'Means'],
      Object.entries(responses).map(([status, response]) => [
        status,
        response.description.replaceAll(/`(\w+)`: /g, (whole, code: string) =>
          code in errorCatalogue ? `[\`${code}\`](errors.md#${code}): ` : whole,
        ),
      ]),
    ),
  ].join('\n\n')
}

const bodySection = (name: string, schema: Schema): string =>
  [`### Body ${name}`, ...(schema.description ? [schema.description] : []), fieldTable(schema, bodyAnchorOf)].join(
    '\n\n',
  )

/** The HTTP API by what it is for, with an example of each request and answer. */
const httpReference = (): string => {
  const document = createOpenApiDocument()
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methodsInOrder.flatMap((method) => {
      const operation = item[method] as Operation | undefined
      return operation ? [{ method, path, operation }] : []
    }),
  )
  const section = ({ name, description = '' }: { name: string; description?: string }): string =>
    [
      `## ${name}`,
      description,
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ method, path, operation }) => operationSection(method, path, operation)),
    ].join('\n\n')
  return `# HTTP API

${generated}

${document.info.description} For programs: [openapi.json](../api/openapi.json), which the gateway serves at \`/openapi.json\`; to try
it in a browser: \`/docs/api/\` of a running gateway.

## Access

Every request below \`/api/v1\` carries an access token of your OpenID Connect issuer. While \`npm start\` runs, the simulator is that
issuer, and hands out a token for one of its people. Ports here are its usual ones; where one is taken, [the address that it
prints](../index.md#1-start-it) counts.

${codeBlock('sh', "TOKEN=$(curl -s -X POST 'http://localhost:4400/control/api/tokens?account=anna&format=text')")}

## Errors, pagination, rate limits

Errors are [problem documents](errors.md). Lists go on with \`cursor\` = \`nextCursor\` until that is null. Where how often an athlete may
ask is limited, \`RateLimit\` says what is left, and 429 comes with \`Retry-After\` in seconds. A \`POST\` may be sent again under the same
\`Idempotency-Key\` and gets the same answer.

${(document.tags ?? []).map(section).join('\n\n')}

## Bodies

What requests and answers consist of. A field that can be absent is null; an answer may have more fields than these.

${Object.entries(document.components?.schemas ?? {})
  .map(([name, schema]) => bodySection(name, schema as Schema))
  .join('\n\n')}
`
}

/** The files of `docs/reference`. */
export const createReference = (): Record<string, string> => ({
  'http-api.md': httpReference(),
  'events.md': eventReference(),
  'errors.md': errorReference(),
})
