import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

// Colours are set in one file, which every page reads: a copy would drift.

const root = join(import.meta.dirname, '..')
const look = 'libs/runtime/styles/look.css'

const exclude = (path: string) => /(^|\/)(node_modules|dist|output|\.\w+)$/.test(path)

const colour = /#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})\b|\b(?:rgba?|hsla?|oklch|light-dark)\(/i

it('no style sheet and no part of the docs site has colours of its own', () => {
  const files = globSync(['**/*.css', 'docs/site/**/*.{ts,js,njk}'], { cwd: root, exclude })
  const owners = files.filter((file) => colour.test(readFileSync(join(root, file), 'utf8')))
  expect(owners).toEqual([look])
})
