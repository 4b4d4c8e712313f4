import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startSimulator } from './support.ts'

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
const examples = readme.split('\n').filter((line) => line.startsWith('curl '))
const simulator = await startSimulator()

it('shows an example for every kind of control call', () => expect(examples.length).toBeGreaterThan(18))

it.each(examples)('works as printed: %s', async (line) => {
  const { id } = simulator.control.addActivity('anna')
  const [, method = 'GET'] = /-X (\w+)/.exec(line) ?? []
  const [, path] = /http:\/\/localhost:4400([^\s']+)/.exec(line)!
  const [, body] = /-d '([^']+)'/.exec(line) ?? []
  const response = await fetch(simulator.url + path!.replace('$ID', String(id)), {
    method,
    ...(body ? { body, headers: { 'content-type': 'application/json' } } : {}),
  })
  expect(response.status, await response.text()).toBeLessThan(300)
})
