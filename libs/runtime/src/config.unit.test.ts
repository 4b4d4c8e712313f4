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

  it('tells each setting once', () => {
    expect(problemsOf({ STORE_URI: 'nonsense', CLIENT_SECRET: 's' })).toEqual(['STORE_URI: must be a URL'])
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

describe('a number', () => {
  const numbers = z.object({
    PORT: setting.port(3000),
    LIMIT: setting.integer(1).optional(),
    DAYS: setting.integer(1, 365),
  })
  const read = (env: Record<string, string>) => readConfig(numbers, { DAYS: '28', ...env })
  const problem = (env: Record<string, string>): string => {
    try {
      read(env)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.join()
    }
    return 'accepted'
  }

  it.each([
    ['0', 0],
    ['80', 80],
    ['0080', 80],
    ['65535', 65_535],
    ['', 3000],
  ])('reads PORT=%j as %d', (text, port) => {
    expect(read({ PORT: text }).PORT).toBe(port)
  })

  it.each([
    'abc',
    '99999',
    '65536',
    ' ',
    ' 80',
    '80 ',
    '1e3',
    '0x50',
    '0b1',
    '-1',
    '+80',
    '80.0',
    '8_0',
    '٣',
    'NaN',
    'Infinity',
  ])('refuses PORT=%j in one sentence', (text) => {
    expect(problem({ PORT: text })).toBe('PORT: must be a port number from 0 to 65535')
  })

  it('says its bounds', () => {
    expect(problem({ LIMIT: '0' })).toBe('LIMIT: must be a whole number, at least 1')
    expect(problem({ LIMIT: '9'.repeat(16) })).toBe('LIMIT: must be a whole number, at least 1')
    expect(problem({ DAYS: '366' })).toBe('DAYS: must be a whole number from 1 to 365')
  })
})

describe('the addresses of the stores', () => {
  const stores = z.object({ MONGODB_URI: setting.mongodbUri(), NATS_URL: setting.natsUrl() })
  const good = { MONGODB_URI: 'mongodb://h/x', NATS_URL: 'nats://h' }

  it.each([
    ['MONGODB_URI', 'mongodb://a:27017,b:27018/slipstream?replicaSet=rs'],
    ['MONGODB_URI', 'mongodb://user:p%40ss@a:27017,b:27018,c:27019/?replicaSet=rs'],
    ['MONGODB_URI', 'mongodb+srv://cluster.example/slipstream'],
    ['MONGODB_URI', 'mongodb://a/x?retryWrites=true&w=majority&journal=true&tls=true&tlsCAFile=/run/ca.pem'],
    ['NATS_URL', 'nats://a:4222,nats://b:4222'],
    ['NATS_URL', 'tls://user:pass@a:4222'],
  ])('%s may be %s', (name, value) => {
    expect(readConfig(stores, { ...good, [name]: value })).toMatchObject({ [name]: value })
  })

  it.each([
    ['MONGODB_URI', 'localhost:27017'],
    ['MONGODB_URI', 'http://a/x'],
    ['MONGODB_URI', 'mongodb://'],
    ['MONGODB_URI', 'mongodb://a:port/x'],
    ['NATS_URL', 'localhost:4222'],
    ['NATS_URL', 'nats://a:4222,b:4222'],
    ['NATS_URL', 'nats://a:4222,'],
  ])('%s may not be %s', (name, value) => {
    expect(() => readConfig(stores, { ...good, [name]: value })).toThrow(`${name}: must be a URL that starts with`)
  })
})

describe('an address of MongoDB', () => {
  const store = z.object({ MONGODB_URI: setting.mongodbUri() })

  it.each(['w=1', 'w=0', 'W=2', 'journal=false', 'j=false', 'readConcernLevel=local', 'readconcernlevel=available'])(
    'that says %s is refused: what is acknowledged would not be kept',
    (weaker) => {
      const uri = `mongodb://user:canary@a,b,c/x?replicaSet=rs&${weaker}`
      const read = () => readConfig(store, { MONGODB_URI: uri })
      expect(read).toThrow(/MONGODB_URI: may say w=majority, journal=true and readConcernLevel=majority/)
      expect(read).not.toThrow('canary')
    },
  )
})

describe('a choice', () => {
  it('names what there is', () => {
    const choices = z.object({ TWO: setting.oneOf('a', 'b'), THREE: setting.oneOf('a', 'b', 'c') })
    expect(() => readConfig(choices, { TWO: 'A', THREE: 'd' })).toThrow(
      /TWO: must be a or b\n.*THREE: must be a, b or c/,
    )
  })
})
