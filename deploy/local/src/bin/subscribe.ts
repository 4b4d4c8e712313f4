import { parseArgs } from 'node:util'
import { connect } from '@nats-io/transport-node'
import { dataDirOf } from '@slipstream/runtime'
import { readEndpoints } from '../endpoints.ts'
import { formatEvent } from '../subscriber/format-event.ts'

const help = `Prints Slipstream's events as they happen: time, subject, type, id, data.

Usage: npm run subscribe -- [subject ...]

A subject may end in > (any rest) or hold * (any one part); quote it. Default: 'activity.>' 'athlete.>' 'sync.>'
Connects to NATS_URL, or to the system started with npm start.
`

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const readCommandLine = () => {
  try {
    return parseArgs({
      options: { help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true,
    })
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${help}`)
  }
}

const { values, positionals } = readCommandLine()
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}
const url =
  process.env.NATS_URL ??
  (await readEndpoints(dataDirOf(process.env)))?.natsUrl ??
  fail('No running system found. Start it with npm start in another terminal, or set NATS_URL.')
const connection = await connect({ servers: url, maxReconnectAttempts: -1, name: 'slipstream subscribe' }).catch(
  (error: Error) => fail(`Cannot connect to NATS: ${error.message}`),
)
const subjects = positionals.length > 0 ? positionals : ['activity.>', 'athlete.>', 'sync.>']
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => connection.close())

for (const subject of subjects) {
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) return fail(`${subject}: ${error.message}`)
      process.stdout.write(`${formatEvent(message.subject, message.headers, message.string(), new Date())}\n`)
    },
  })
}
await connection.flush()
process.stderr.write(`listening to ${subjects.join(', ')}; Ctrl-C ends\n`)
await connection.closed()
