import { type StoredLinkStatus, storedLinkStatuses, unlinkAcceptedSchema } from '@slipstream/contracts'
import { openRunStates, type ScheduleRow, type SyncRunRow } from '@slipstream/records'
import { Command, Option } from 'commander'
import { findLink } from '../athletes.ts'
import type { Cli } from '../cli.ts'
import { askGateway } from '../gateway-api.ts'
import { table } from '../output/table.ts'
import { moment } from '../output/time.ts'
import { whyIncomplete } from '../why-incomplete.ts'

const showAthlete = (cli: Cli, reference: string) =>
  cli.withStore(async ({ collections }) => {
    const { schedules, syncRuns, credentials } = collections
    const link = await findLink(collections, reference)
    const { _id: linkId, athleteId } = link
    const [schedule, openRuns, lastFinished, credential] = await Promise.all([
      schedules.findOne({ _id: athleteId, linkId }).lean<ScheduleRow>(),
      syncRuns.find({ linkId, state: { $in: [...openRunStates] } }).lean<SyncRunRow[]>(),
      syncRuns
        .findOne({ athleteId, linkId, finishedAt: { $ne: null } })
        .sort({ finishedAt: -1 })
        .lean<SyncRunRow>(),
      credentials.findById(linkId, { status: 1, 'refreshToken.kid': 1 }).lean(),
    ])
    const { stravaAthleteId, displayName, status, statusSince, errorCode, scopes, linkedAt } = link
    return {
      ...{ athleteId, linkId, stravaAthleteId, displayName, status, statusSince, errorCode, scopes, linkedAt },
      grant: credential?.status ?? 'none',
      sealedUnder: credential?.refreshToken.kid ?? null,
      completeUpTo: schedule?.completeUpTo ?? null,
      nextDueAt: schedule?.nextDueAt ?? null,
      lastRun: lastFinished && {
        runId: lastFinished._id,
        outcome: lastFinished.outcome,
        errorCode: lastFinished.errorCode,
        finishedAt: lastFinished.finishedAt,
      },
      whyIncomplete: whyIncomplete({ link, schedule, openRuns, lastFinished }),
    }
  })

const toText = (athlete: Awaited<ReturnType<typeof showAthlete>>, now: Date): string => {
  const { lastRun, whyIncomplete: reasons } = athlete
  const rows = [
    ['athlete', athlete.athleteId],
    ['link', `${athlete.linkId}, since ${moment(athlete.linkedAt, now)}`],
    ['at Strava', `${athlete.displayName} (${athlete.stravaAthleteId})`],
    [
      'status',
      `${[athlete.status, athlete.errorCode].filter(Boolean).join(': ')}, since ${moment(athlete.statusSince, now)}`,
    ],
    ['scopes', athlete.scopes.join(' ')],
    ['grant', `${athlete.grant}, sealed under ${athlete.sealedUnder ?? '-'}`],
    ['complete up to', moment(athlete.completeUpTo, now)],
    ['next turn', moment(athlete.nextDueAt, now)],
    [
      'last run',
      lastRun
        ? `${lastRun.runId}: ${[lastRun.outcome, lastRun.errorCode].filter(Boolean).join(': ')}, ${moment(lastRun.finishedAt, now)}`
        : '-',
    ],
  ]
  const why =
    reasons.length === 0 ? 'nothing is missing, as far as is known' : reasons.map((reason) => `- ${reason}`).join('\n')
  return `${rows.map(([name = '', value = '']) => `${name.padEnd(15)} ${value}`).join('\n')}\n\nwhy not complete:\n${why}`
}

const listCommand = (cli: Cli): Command =>
  new Command('list')
    .description('links by the time their status changed, newest first')
    .addOption(new Option('-s, --status <status>', 'those alone').choices(storedLinkStatuses))
    .addHelpText('after', '\nExample:\n  $ slipstream athletes list --status reauth_required')
    .action(
      cli.showing(async ({ status }: { status?: StoredLinkStatus }) => {
        const links = await cli.withStore(({ collections }) =>
          collections.links
            .find(status ? { status } : {}, { outbox: 0 })
            .sort({ statusSince: -1, _id: -1 })
            .limit(100)
            .lean(),
        )
        const data = {
          athletes: links.map(({ athleteId, _id: linkId, status, statusSince, errorCode, linkedAt }) => ({
            ...{ athleteId, linkId, status, statusSince, errorCode, linkedAt },
          })),
        }
        const now = cli.now()
        const rows = data.athletes.map((one) => [
          one.athleteId,
          one.linkId,
          [one.status, one.errorCode].filter(Boolean).join(': '),
          moment(one.statusSince, now),
        ])
        return {
          data,
          text: rows.length === 0 ? 'nobody is linked' : table(['athlete', 'link', 'status', 'since'], rows),
        }
      }),
    )

const showCommand = (cli: Cli): Command =>
  new Command('show')
    .description('the link of one athlete, and why it is not complete')
    .argument('<athlete>', 'athleteId, linkId or Strava athlete id')
    .addHelpText('after', '\nExample:\n  $ slipstream athletes show 1234567')
    .action(
      cli.showing(async (reference: string) => {
        const athlete = await showAthlete(cli, reference)
        return { data: athlete, text: toText(athlete, cli.now()) }
      }),
    )

const unlinkCommand = (cli: Cli): Command =>
  new Command('unlink')
    .description('ends the link of one athlete on their behalf, as DELETE /api/v1/strava/link does')
    .argument('<athlete>', 'athleteId, linkId or Strava athlete id')
    .addHelpText(
      'after',
      `
The gateway does it, with SLIPSTREAM_OPERATOR_TOKEN: an access token of the issuer with the role slipstream:operator. Work stops at
once, the grant is revoked at Strava, tokens and what came from Strava are deleted; the receipt confirms it.

Example:
  $ slipstream athletes unlink ath_0c1d…`,
    )
    .action(
      cli.showing(async (reference: string) => {
        const { athleteId } = await cli.withStore(({ collections }) => findLink(collections, reference))
        const { receiptId } = await askGateway(cli.env, {
          method: 'DELETE',
          path: `/api/v1/operator/athletes/${encodeURIComponent(athleteId)}/link`,
          answer: unlinkAcceptedSchema,
        })
        return { data: { athleteId, receiptId }, text: `${athleteId} is unlinked; the receipt is ${receiptId}` }
      }),
    )

export const athletesCommand = (cli: Cli): Command =>
  new Command('athletes')
    .description('who is linked, why somebody is not complete, and unlinking on behalf')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(unlinkCommand(cli))
