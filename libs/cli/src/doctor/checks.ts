import { ConfigError } from '@slipstream/runtime'
import type { Cli } from '../cli.ts'
import { readMongo, readNats, readStrava, readTokenKeys } from '../settings.ts'
import { judgeSettings } from './judge/settings.ts'
import type { Check } from './run-checks.ts'

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** In the order in which a person would look. */
export const allChecks = ({ env }: Cli): Check[] => [
  {
    name: 'settings',
    look: async () =>
      judgeSettings([readMongo, readNats, readStrava, readTokenKeys].flatMap((read) => problemsOf(() => read(env)))),
  },
]
