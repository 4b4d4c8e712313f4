import { replayDeadLetter } from '@slipstream/messaging'
import { type Collections, createDeliveryLog } from '@slipstream/persistence'
import type { DeadLetterRow } from '@slipstream/records'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { parseLimit } from '../options.ts'
import { table } from '../output/table.ts'
import { moment } from '../output/time.ts'
import { readNats } from '../settings.ts'

const limitMs = 5_000

class UnknownLetterError extends Error {
  override readonly name = 'UnknownLetterError'
  readonly code = 'dead_letter_unknown'

  constructor(id: string) {
    super(`there is no dead letter ${id}; it may have gone with its athlete, or after 30 days`)
  }
}

class NotReplayedError extends Error {
  override readonly name = 'NotReplayedError'
  readonly code = 'dead_letter_not_replayed'

  constructor(id: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`NATS has not confirmed ${id}, which stays a dead letter: ${reason}`, { cause })
  }
}

const findLetter = async ({ deadLetters }: Pick<Collections<'operator'>, 'deadLetters'>, id: string) => {
  const letter = await deadLetters.findById(id).lean<DeadLetterRow>()
  if (!letter) throw new UnknownLetterError(id)
  return letter
}

/** Without what the event says, which is personal data. */
const summaryOf = ({ _id: id, consumer, eventType, reason, attempts, error, athleteId, createdAt }: DeadLetterRow) => ({
  ...{ id, consumer, eventType, reason, attempts, error, athleteId: athleteId ?? null, createdAt },
})

const listCommand = (cli: Cli): Command =>
  new Command('list')
    .description('events that were given up, newest first')
    .option('-n, --limit <count>', 'how many', parseLimit, 20)
    .addHelpText('after', '\nExample:\n  $ slipstream dead-letters list --json | jq -r .deadLetters[].id')
    .action(
      cli.showing(async ({ limit }: { limit: number }) => {
        const found = await cli.withStore(({ collections }) =>
          collections.deadLetters.find().sort({ createdAt: -1 }).limit(limit).lean<DeadLetterRow[]>(),
        )
        const deadLetters = found.map(summaryOf)
        const rows = deadLetters.map((one) => [
          moment(one.createdAt, cli.now()),
          one.id,
          one.eventType || '-',
          one.reason,
          one.attempts,
          one.athleteId ?? '-',
        ])
        const head = ['since', 'letter', 'event', 'reason', 'tries', 'athlete']
        return { data: { deadLetters }, text: rows.length === 0 ? 'no dead letters' : table(head, rows) }
      }),
    )

const showCommand = (cli: Cli): Command =>
  new Command('show')
    .description('one dead letter with its error, and with the event itself: personal data of its athlete')
    .argument('<letter>', 'its id')
    .addHelpText('after', "\nExample:\n  $ slipstream dead-letters show 'scheduler:evt_0c1d…'")
    .action(
      cli.showing(async (id: string) => {
        const letter = await cli.withStore(({ collections }) => findLetter(collections, id))
        const { subject, headers, payload } = letter
        const data = { ...summaryOf(letter), subject, headers, payload }
        const lines = Object.entries({ ...data, createdAt: moment(letter.createdAt, cli.now()) })
        const text = lines.map(([name, value]) => {
          return `${name.padEnd(11)} ${typeof value === 'object' ? JSON.stringify(value) : value}`
        })
        return { data, text: text.join('\n') }
      }),
    )

const replayCommand = (cli: Cli): Command =>
  new Command('replay')
    .description('publishes the event of a dead letter again, and deletes the letter')
    .argument('<letter>', 'its id')
    .addHelpText(
      'after',
      `
All who read its subject get the event again and know it by its id. What cannot be handled becomes a dead letter again, after five
tries. See first that its reason is put right.

Example:
  $ slipstream dead-letters replay 'scheduler:evt_0c1d…'`,
    )
    .action(
      cli.showing(async (id: string) => {
        const { NATS_URL: url, NATS_CREDS_FILE: creds = null, NATS_CA_FILE: ca = null } = readNats(cli.env)
        const { stream, sequence } = await cli.withStore(async ({ collections }) => {
          const letter = await findLetter(collections, id)
          const deliveries = createDeliveryLog(collections, cli)
          // Its tries begin anew.
          await deliveries.forget(letter.consumer, letter.eventId)
          const stored = await replayDeadLetter({ url, creds, ca }, letter, { limitMs }).catch((error: unknown) => {
            throw new NotReplayedError(id, error)
          })
          await deliveries.deleteReplayed(letter)
          return stored
        })
        return {
          data: { id, stream, sequence },
          text: `${id} is published again, as message ${sequence} of ${stream}`,
        }
      }),
    )

export const deadLettersCommand = (cli: Cli): Command =>
  new Command('dead-letters')
    .description('events that were given up: look at them, and have them handled again')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(replayCommand(cli))
