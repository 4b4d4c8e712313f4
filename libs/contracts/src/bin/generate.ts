import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAsyncApiDocument } from '../asyncapi.ts'
import { createOpenApiDocument } from '../openapi.ts'

// Writes docs/api from the schemas: npm run generate

const folder = join(import.meta.dirname, '../../../../docs/api')

const write = (name: string, document: object): void => {
  writeFileSync(join(folder, name), `${JSON.stringify(document, null, 2)}\n`)
}

write('openapi.json', createOpenApiDocument())
write('asyncapi.json', createAsyncApiDocument())
