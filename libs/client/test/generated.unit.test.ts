import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generate } from '../src/generation/generate.ts'

test('the types and checks are those of the contracts; npm run generate makes it so', async () => {
  for (const [name, text] of Object.entries(await generate())) {
    expect(readFileSync(join(import.meta.dirname, '../src/generated', name), 'utf8'), name).toBe(text)
  }
})
