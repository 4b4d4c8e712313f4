#!/usr/bin/env node
import { main } from '../main.ts'

// Whoever reads no further, as `head` does, has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const exitCode = await main(process.argv.slice(2), {
  env: process.env,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
})

// What was given up, such as a connection to a server that is frozen, does not keep the command.
process.stdout.write('', () => process.exit(exitCode))
