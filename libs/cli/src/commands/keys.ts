import { inspectKeys, type KeyUse, parseTokenKeys } from '@slipstream/vault'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { table } from '../output/table.ts'
import { readTokenKeys } from '../settings.ts'

const stateOf = ({ role, opens }: KeyUse): string => {
  if (role === 'missing') return 'UNUSABLE: not in TOKEN_KEYS'
  if (opens === false) return 'UNUSABLE: another key than the one that sealed'
  if (opens === null) return role === 'older' ? 'may be retired' : 'nothing sealed yet'
  return role === 'older' ? 'moves to the primary key' : 'in use'
}

const statusCommand = (cli: Cli): Command =>
  new Command('status')
    .description('how much is sealed under each key of TOKEN_KEYS, and whether it opens')
    .addHelpText('after', '\nEnds with 1 when something does not open.\n\nExample:\n  $ slipstream keys status')
    .action(
      cli.showing(async () => {
        const keyring = parseTokenKeys(readTokenKeys(cli.env).TOKEN_KEYS.reveal())
        const keys = await cli.withStore(({ collections }) => inspectKeys(collections, keyring))
        const rows = keys.map((key) => [key.kid, key.role, key.sealed, stateOf(key)])
        return {
          data: { keys },
          text: table(['key', 'role', 'sealed', 'state'], rows),
          exitCode: keys.some(({ opens }) => opens === false) ? 1 : 0,
        }
      }),
    )

export const keysCommand = (cli: Cli): Command =>
  new Command('keys').description('the keys that seal tokens').addCommand(statusCommand(cli))
