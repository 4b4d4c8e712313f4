// biome-ignore lint/style/noRestrictedImports: writes the committed copies; not part of what the library exports
import { writeFileSync } from 'node:fs'
// biome-ignore lint/style/noRestrictedImports: as above
import { join } from 'node:path'
import { createAsyncApiDocument } from '../asyncapi.ts'
import { createOpenApiDocument } from '../openapi.ts'

// Writes docs/api from the schemas: node libs/contracts/src/bin/generate.ts

const folder = join(import.meta.dirname, '../../../../docs/api')

const write = (name: string, document: object): void => {
  writeFileSync(join(folder, name), `${JSON.stringify(document, null, 2)}\n`)
}

write('openapi.json', createOpenApiDocument())
write('asyncapi.json', createAsyncApiDocument())
