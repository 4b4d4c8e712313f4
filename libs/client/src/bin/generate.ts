import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from '../generation/generate.ts'

// Writes src/generated from the schemas of the contracts: npm run generate

const folder = join(import.meta.dirname, '../generated')

for (const [name, text] of Object.entries(await generate())) writeFileSync(join(folder, name), text)
