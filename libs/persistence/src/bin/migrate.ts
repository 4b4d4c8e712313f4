import { parseArgs } from 'node:util'
import { ConfigError, readConfig, setting } from '@slipstream/runtime'
import { z } from 'zod'
import { migrate } from '../migrations/migrate.ts'
import { connectStore } from '../store.ts'

const help = `npm run migrate -- [--dry-run]

Brings the database named by MONGODB_URI to what this release needs, also where replicas of an
older release would not survive it: stop those first. It may be run again at any time.

  --dry-run   say what would be done, and do nothing
`

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help) return void process.stdout.write(help)
  const { MONGODB_URI } = readConfig(z.object({ MONGODB_URI: setting.mongodbUri() }), process.env)
  const store = await connectStore({ uri: MONGODB_URI, owner: 'migration' })
  try {
    const done = await migrate(store.connection, { isDryRun: values['dry-run'] })
    const verb = values['dry-run'] ? 'to do' : 'done'
    process.stdout.write(done.length === 0 ? 'nothing to do\n' : done.map((what) => `${verb}: ${what}\n`).join(''))
  } finally {
    await store.close()
  }
}

try {
  await main()
} catch (error) {
  const isOwn = error instanceof ConfigError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`${isOwn ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode = 1
}
