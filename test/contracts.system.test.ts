import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, test } from 'vitest'

// The committed copies: they are what other teams read. That they are current is a unit test of libs/contracts.
const read = (name: string) => readFile(join(import.meta.dirname, '../docs/api', name), 'utf8')

// A step of a browser always goes on elsewhere: 303 is its success.
const config = createConfig({ extends: ['recommended'], rules: { 'operation-2xx-response': 'off' } })

test('the OpenAPI document passes the recommended rules', async () => {
  const problems = await lintFromString({
    source: await read('openapi.json'),
    absoluteRef: 'openapi.json',
    config: await config,
  })
  expect(
    problems.map(({ ruleId, severity, message, location }) => ({
      ruleId,
      severity,
      message,
      at: location[0]?.pointer,
    })),
  ).toEqual([])
})

test('the AsyncAPI document is valid', async () => {
  const { document, diagnostics } = await new Parser().parse(await read('asyncapi.json'))
  const errorsAndWarnings = diagnostics.filter(({ severity }) => severity <= 1)
  expect(errorsAndWarnings.map(({ code, message, path }) => ({ code, message, path }))).toEqual([])
  expect(document?.version()).toBe('3.0.0')
})

test('a broken document is found', async () => {
  const openapi = JSON.parse(await read('openapi.json'))
  delete openapi.info.title
  const problems = await lintFromString({
    source: JSON.stringify(openapi),
    absoluteRef: 'openapi.json',
    config: await config,
  })
  expect(problems).not.toEqual([])

  const asyncapi = JSON.parse(await read('asyncapi.json'))
  delete asyncapi.operations['sync.finished'].channel
  const { diagnostics } = await new Parser().parse(JSON.stringify(asyncapi))
  expect(diagnostics.filter(({ severity }) => severity === 0)).not.toEqual([])
})
