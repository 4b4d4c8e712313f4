import { type ParseArgsConfig, parseArgs } from 'node:util'

export const help = `Runs the whole of Slipstream on this machine: MongoDB, NATS, the Strava simulator and the three services.

Usage: npm start [-- options]

Options:
  --fresh   deletes everything stored by earlier runs (databases, messages, development secrets) first
  --watch   starts a service anew when its code changes, and builds the page anew (npm run dev)
  --help    shows this text

Settings (environment variables); each service's own settings work too and win over what is set up here:
  MONGODB_URI       uses this MongoDB (a replica set) instead of starting one
  NATS_URL          uses this NATS server (with JetStream) instead of starting one
  STRAVA_CLIENT_ID  uses Strava itself instead of the simulator; STRAVA_CLIENT_SECRET and AUTH_ISSUER_URL are then needed
  PORT, OPS_PORT    ports of the gateway: its API and page, and its health and metrics
  OPS_HOST          address that the health and metrics ports of all services listen on (default 127.0.0.1)
  LOG_LEVEL         debug shows more, warn less
  SLIPSTREAM_DATA_DIR, SLIPSTREAM_CACHE_DIR
                    what is stored, and fetched servers (default .slipstream/data and .slipstream/cache)
`

/** Raised for an option that does not exist; the message is for the person at the terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'usage'
}

export interface Command {
  help: boolean
  fresh: boolean
  watch: boolean
}

/**
 * As `parseArgs` reads it, refused in its first sentence: what follows is about programs.
 * @throws UsageError
 */
export const readOptions = <Config extends Omit<ParseArgsConfig, 'args'>>(args: readonly string[], config: Config) => {
  try {
    return parseArgs({ ...config, args: [...args] })
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ')
    throw new UsageError(reason, { cause: error })
  }
}

/** @throws UsageError for an unknown option or any other argument */
export const parseCommandLine = (args: readonly string[]): Command =>
  readOptions(args, {
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      fresh: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
    },
  }).values
