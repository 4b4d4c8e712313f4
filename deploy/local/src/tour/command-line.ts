import { readOptions } from '../command-line.ts'

export const help = `Shows what Slipstream does when things happen at Strava: a late upload, an edit,
a delete, a closed quota window, an application that is switched off, a revoked
access. Each step tells what the athlete sees and what a subscriber gets, and how
long that took. At the end, and at Ctrl-C, all is put back as it was.

Usage: npm run tour -- [options]

Options:
  --athlete NAME  of the simulated Strava (default: dana, eva, ben or chris, the
                  first that nobody has linked)
  --yes           goes through without waiting for Enter; so does a tour whose
                  input or output is no terminal
  --help          shows this text

It works on the demo of npm start, which has to run. Exit code: 0 when all steps
went as told and all is put back, 1 when not, 2 for wrong options, 130 after Ctrl-C.
`

export interface TourCommand {
  help: boolean
  yes: boolean
  athlete?: string | undefined
}

/** @throws UsageError */
export const parseTourLine = (args: readonly string[]): TourCommand =>
  readOptions(args, {
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      athlete: { type: 'string' },
    },
  }).values
