import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Imports and re-exports that are there when the types are gone. */
const loads = /^(?:import|export) (?!type )(?:[^'=]*? from )?'([^']+)'/gm

/** The packages whose code a module brings along, by way of its own files and those of `@slipstream/contracts`. */
const packagesOf = (module: URL, seen = new Set<string>()): string[] => {
  if (seen.has(module.href)) return []
  seen.add(module.href)
  const targets = [...readFileSync(module, 'utf8').matchAll(loads)].map(([, target]) => String(target))
  return targets.flatMap((target) => {
    if (target.startsWith('.')) return packagesOf(new URL(target, module), seen)
    return target.startsWith('@slipstream/') ? packagesOf(new URL(import.meta.resolve(target)), seen) : [target]
  })
}

// Metro leaves out nothing of what is imported, and zod is larger than all of this.
test('an app bundles its own peers with this, and nothing else', () => {
  const packages = new Set(packagesOf(new URL('../native/index.ts', import.meta.url)))
  expect([...packages].sort()).toEqual([
    'expo-crypto',
    'expo-secure-store',
    'expo-web-browser',
    'react',
    'react-native',
  ])
})
