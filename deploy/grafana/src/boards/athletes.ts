import type { Board } from '../board.ts'

const latency = (quantile: number) =>
  `histogram_quantile(${quantile}, sum by (le, cause) (rate(slipstream_ingestion_latency_seconds_bucket[$__rate_interval])))`

export const athletes: Board = {
  uid: 'athletes',
  title: 'Athletes',
  question: 'Do athletes get their data, all of it and in time, and if not, who has to act?',
  items: [
    {
      figure: {
        title: 'Linked and well',
        shows: 'Athletes whose link is active.',
        whenBad: 'when it falls, see "Links by status" for where they went.',
        unit: 'short',
        bad: { warn: 1, alarm: 0 },
        queries: { active: 'max(slipstream_links{status="active"})' },
      },
    },
    {
      figure: {
        title: 'Must connect again',
        shows: 'Athletes whose grant at Strava is gone. Only they can act: their app and page ask them to.',
        whenBad:
          'one by one is normal. Many at once are not their doing: look at "Token refreshes", then `npm run slipstream -- doctor`, and docs/runbooks/token-keys-unusable.md.',
        unit: 'short',
        bad: { warn: 10, alarm: 100 },
        queries: { 'reauth required': 'max(slipstream_links{status="reauth_required"})' },
      },
    },
    {
      figure: {
        title: 'Proven complete',
        shows: 'Share of athletes of whom a full list has proven within 48 hours that all of their window is stored.',
        whenBad:
          'docs/runbooks/athletes-incomplete.md: usually the quota does not carry the turns, or one lane stands.',
        unit: 'percentunit',
        max: 1,
        bad: { warn: 0.99, alarm: 0.95 },
        queries: { complete: 'min(slipstream_athletes_complete_ratio)' },
      },
    },
    {
      figure: {
        title: 'Late, last hour',
        shows:
          'Share of what a webhook told, a person asked for or a new link brought that took longer than 60 s; 1 % may.',
        whenBad: 'docs/runbooks/freshness-budget-burning.md.',
        unit: 'percentunit',
        bad: { warn: 0.01, alarm: 0.06 },
        queries: { late: 'slipstream:freshness_missed:ratio_rate1h' },
      },
    },
    { row: 'Freshness' },
    {
      graph: {
        title: 'From asked for to published, half of all',
        shows:
          'Median time from the moment a sync was asked for (a webhook: arrived) to the published event, by cause.',
        whenBad:
          'if `webhook` and `manual` rise together, look at "Who waits longest", then at the boards Quota and Pipeline.',
        unit: 's',
        queries: { '{{cause}}': latency(0.5) },
      },
    },
    {
      graph: {
        title: 'From asked for to published, the slow end',
        shows: 'The time that 99 of 100 stay below, by cause. Promised: 60 s for what somebody waits for.',
        whenBad: 'docs/runbooks/freshness-budget-burning.md. `hourly` and `reconcile` may wait for a quota window.',
        unit: 's',
        queries: { '{{cause}}': latency(0.99) },
      },
    },
    {
      graph: {
        title: 'Who waits longest',
        shows: 'How long the athlete who has waited longest in each lane does so. Sees also what never ends.',
        whenBad: 'docs/runbooks/requests-wait-too-long.md; `npm run slipstream -- runs` shows what runs wait for.',
        unit: 's',
        queries: { '{{lane}}': 'max by (lane) (slipstream_lane_oldest_seconds)' },
      },
    },
    {
      graph: {
        title: 'Objective missed',
        shows:
          'Share that came late, over 5 minutes, an hour and three days; above 1 % the budget of 30 days is being used up.',
        whenBad: 'docs/runbooks/freshness-budget-burning.md.',
        unit: 'percentunit',
        queries: {
          '5 min': 'slipstream:freshness_missed:ratio_rate5m',
          '1 h': 'slipstream:freshness_missed:ratio_rate1h',
          '3 d': 'slipstream:freshness_missed:ratio_rate3d',
        },
      },
    },
    {
      graph: {
        title: 'Time between turns',
        shows: 'How often each athlete is listed in full, stretched where the quota carries no more.',
        whenBad:
          'above SYNC_INTERVAL_MINUTES it is stretched: ask Strava for a larger quota. At 40 hours deletions are only just mirrored in time.',
        unit: 's',
        queries: { interval: 'max(slipstream_turn_interval_seconds)' },
      },
    },
    {
      graph: {
        title: 'Changes that no webhook told',
        shows: 'Found by a full list and older than 15 minutes, per hour.',
        whenBad:
          "docs/runbooks/webhooks-missed.md: Strava cannot reach this deployment, or its subscription is another one's.",
        unit: 'short',
        queries: { missed: 'sum(increase(slipstream_webhook_missed_total[1h]))' },
      },
    },
    { row: 'Completeness' },
    {
      graph: {
        title: 'Proven complete',
        shows: 'Share of athletes of whom all of the window is proven stored.',
        whenBad: 'docs/runbooks/athletes-incomplete.md.',
        unit: 'percentunit',
        max: 1,
        queries: { complete: 'min(slipstream_athletes_complete_ratio)' },
      },
    },
    {
      graph: {
        title: 'Activities by change',
        shows:
          'Activities that Strava listed, by what they changed here. `unchanged` is the rule, `unreadable` holds completeness back.',
        whenBad:
          '`unreadable`: Strava sends what cannot be read; the log line says what. `stale`: fetches overtake each other, harmless.',
        unit: 'cpm',
        queries: { '{{change}}': '60 * sum by (change) (rate(slipstream_activities_total[$__rate_interval]))' },
      },
    },
    {
      graph: {
        title: 'Runs by outcome',
        shows: 'Sync runs that ended, by lane and outcome.',
        whenBad:
          "`failed`: `npm run slipstream -- runs` names the error of each; `reauth_required` is the athlete's to mend.",
        unit: 'cpm',
        queries: {
          '{{lane}} {{outcome}}':
            '60 * sum by (lane, outcome) (rate(slipstream_sync_run_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    { row: 'Grants' },
    {
      graph: {
        title: 'Links by status',
        shows: 'Athletes by the status that they see.',
        whenBad: 'a jump of `reauth_required`: see "Must connect again".',
        unit: 'short',
        queries: { '{{status}}': 'max by (status) (slipstream_links)' },
      },
    },
    {
      graph: {
        title: 'Token refreshes',
        shows: 'Refreshes of access tokens by outcome. Each `dead` is one athlete who must connect again.',
        whenBad:
          '`failed` for all: docs/runbooks/strava-credentials-refused.md. `not_stored`: docs/runbooks/mongodb-away.md, do not restart ingestion before it is back.',
        unit: 'cpm',
        queries: { '{{outcome}}': '60 * sum by (outcome) (rate(slipstream_token_refresh_total[$__rate_interval]))' },
      },
    },
    {
      graph: {
        title: 'Attempts to link',
        shows: 'Ended attempts, by platform and by success or the error that was shown.',
        whenBad:
          "`app_full`: free or ask for slots, board Programme. `app_misconfigured`: docs/runbooks/strava-credentials-refused.md. `consent_denied` is the athlete's choice.",
        unit: 'short',
        queries: {
          '{{platform}} {{outcome}}': 'sum by (platform, outcome) (increase(slipstream_link_attempts_total[1h]))',
        },
      },
    },
  ],
}
