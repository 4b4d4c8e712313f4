import { parseArgs } from 'node:util'
import { writeNatsAuth } from '../write-nats-auth.ts'

const help = `Writes the users of a NATS server into a folder: auth.conf for the server's configuration to include, and a
file with credentials for each user, such as gateway.nk, for NATS_CREDS_FILE. Credentials that are there stay.

Usage: node deploy/nats/src/bin/make-nats-auth.ts FOLDER [--subscriber NAME]...

  --subscriber NAME  gives one of your services a user of its own, in subscribers/NAME.nk. It stays in later runs,
                     until its file is deleted.
`

const { values, positionals } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    subscriber: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
})
const [folder] = positionals
if (values.help) process.stdout.write(help)
else if (folder === undefined) {
  process.stderr.write(help)
  process.exitCode = 2
} else {
  try {
    process.stdout.write(`${writeNatsAuth(folder, values.subscriber).join('\n')}\n`)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
