import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAsyncApiDocument } from '../asyncapi.ts'
import { createOpenApiDocument } from '../openapi.ts'
import { createReference } from '../reference.ts'

// Writes docs/api and docs/reference from the schemas: npm run generate

const docs = join(import.meta.dirname, '../../../../docs')

const write = (name: string, document: object): void => {
  writeFileSync(join(docs, 'api', name), `${JSON.stringify(document, null, 2)}\n`)
}

write('openapi.json', createOpenApiDocument())
write('asyncapi.json', createAsyncApiDocument())

mkdirSync(join(docs, 'reference'), { recursive: true })
for (const [name, text] of Object.entries(createReference())) writeFileSync(join(docs, 'reference', name), text)
