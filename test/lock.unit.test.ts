import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

interface Package {
  version?: string
  integrity?: string
  link?: boolean
  inBundle?: boolean
}

const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Record<string, Package>
}

it('package-lock.json names every package from outside by version and hash', () => {
  const fromOutside = Object.entries(packages).filter(
    ([path, { link, inBundle }]) => path.includes('node_modules/') && !link && !inBundle,
  )
  expect(fromOutside.length).toBeGreaterThan(100)
  for (const [path, { version, integrity }] of fromOutside) {
    expect([path, version, integrity]).toEqual([path, expect.any(String), expect.stringMatching(/^sha512-/)])
  }
})
