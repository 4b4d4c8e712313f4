import { parseArgs } from 'node:util'
import { writeNatsAuth } from '../write-nats-auth.ts'

const help = `Writes the users of a NATS server into a folder: auth.conf for the server's configuration to include, and a
file with credentials for each user, such as gateway.nk, for NATS_CREDS_FILE. Credentials that are there stay.

Usage: node deploy/nats/src/bin/make-nats-auth.ts FOLDER
`

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h', default: false } },
  allowPositionals: true,
})
const [folder] = positionals
if (values.help) process.stdout.write(help)
else if (folder === undefined) {
  process.stderr.write(help)
  process.exitCode = 2
} else process.stdout.write(`${writeNatsAuth(folder).join('\n')}\n`)
