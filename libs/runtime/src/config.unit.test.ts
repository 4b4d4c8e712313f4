import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError, readConfig, setting } from './config.ts'

const schema = z.object({
  STORE_URI: setting.url('mongodb'),
  PORT: setting.port(3000),
  CLIENT_SECRET: setting.secret(),
  LOG_LEVEL: setting.logLevel(),
})

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const folder = mkdtempSync(join(tmpdir(), 'slipstream-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('readConfig', () => {
  it('parses, fills defaults and freezes', () => {
    const config = readConfig(schema, { STORE_URI: 'mongodb://127.0.0.1/x', CLIENT_SECRET: 's3cret' })
    expect(config).toMatchObject({ STORE_URI: 'mongodb://127.0.0.1/x', PORT: 3000, LOG_LEVEL: 'info' })
    expect(config.CLIENT_SECRET.reveal()).toBe('s3cret')
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('lists every problem at once, each with the name of its setting', () => {
    const problems = problemsOf({ STORE_URI: 'http://x', PORT: 'eighty', LOG_LEVEL: 'loud' })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'STORE_URI',
      'PORT',
      'CLIENT_SECRET',
      'LOG_LEVEL',
    ])
  })

  it('treats an empty variable as absent', () => {
    expect(problemsOf({ STORE_URI: 'mongodb://h/x', CLIENT_SECRET: '' })).toHaveLength(1)
  })

  it('reads a secret from the file its _FILE twin names, without the final line break', () => {
    const file = join(folder, 'secret')
    writeFileSync(file, 'from-file\n')
    const config = readConfig(schema, { STORE_URI: 'mongodb://h/x', CLIENT_SECRET_FILE: file })
    expect(config.CLIENT_SECRET.reveal()).toBe('from-file')
  })

  it('reports an unreadable secret file once', () => {
    const problems = problemsOf({ STORE_URI: 'mongodb://h/x', CLIENT_SECRET_FILE: join(folder, 'absent') })
    expect(problems).toEqual([expect.stringContaining('CLIENT_SECRET_FILE: cannot read')])
  })

  it('never repeats a value in a problem', () => {
    const canary = 'canary-9d1f'
    const text = problemsOf({ STORE_URI: canary, PORT: canary, LOG_LEVEL: canary, CLIENT_SECRET: canary }).join()
    expect(text).not.toContain(canary)
  })
})

describe('a secret', () => {
  it('shows itself in no form of output', () => {
    const { CLIENT_SECRET: secret } = readConfig(schema, { STORE_URI: 'mongodb://h/x', CLIENT_SECRET: 'canary' })
    expect([`${secret}`, JSON.stringify({ secret }), inspect({ secret })].join()).not.toContain('canary')
  })
})
