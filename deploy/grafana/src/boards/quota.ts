import type { Board } from '../board.ts'

const share = (bucket: string) =>
  `max(slipstream_quota_used{bucket="${bucket}"}) / max(slipstream_quota_limit{bucket="${bucket}"})`

const spent = (title: string, bucket: string, ends: string) => ({
  figure: {
    title,
    shows: `Share of the calls that Strava allows (${bucket}) which are used; ${ends}.`,
    whenBad: 'docs/runbooks/quota-exhausted.md; people go first, so turns stop long before them.',
    unit: 'percentunit',
    max: 1,
    bad: { warn: 0.8, alarm: 1 },
    queries: { used: share(bucket) },
  },
})

/** At the pace of the window so far; its first minute says nothing. */
const forecast = (buckets: string, windowSeconds: number) =>
  `max by (bucket) (slipstream_quota_used{bucket=~"${buckets}"}) * ${windowSeconds} / scalar(clamp_min(vector(time() % ${windowSeconds}), ${windowSeconds / 15}))`

const limits = (buckets: string) => `max by (bucket) (slipstream_quota_limit{bucket=~"${buckets}"})`
const used = (buckets: string) => `max by (bucket) (slipstream_quota_used{bucket=~"${buckets}"})`

export const quota: Board = {
  uid: 'quota',
  title: 'Quota',
  question: 'How much may still be asked of Strava, who uses it, and does it last to the end of the window?',
  items: [
    spent('All calls, quarter hour', 'overall15m', 'begins anew at 0, 15, 30 and 45 past'),
    spent('All calls, day', 'overallDay', 'begins anew at midnight UTC'),
    spent('Reads, quarter hour', 'read15m', 'begins anew at 0, 15, 30 and 45 past'),
    spent('Reads, day', 'readDay', 'begins anew at midnight UTC'),
    { row: 'Windows' },
    {
      graph: {
        title: 'Quarter hour: used and allowed',
        shows: 'Calls made in the present quarter hour, as Strava counts them, and its limits.',
        whenBad:
          'at the limit nobody may call before the quarter hour is over. Used by nobody here (see "By lane")? Another deployment uses the same application.',
        unit: 'short',
        columns: 12,
        queries: { '{{bucket}}': used('.*15m'), '{{bucket}} limit': limits('.*15m') },
      },
    },
    {
      graph: {
        title: 'Day: used and allowed',
        shows: 'Calls made since midnight UTC, as Strava counts them, and its limits.',
        whenBad:
          'turns are stretched by themselves so that the day lasts for webhooks and people. If they suffer: SYNC_INTERVAL_MINUTES up, and ask Strava for more.',
        unit: 'short',
        columns: 12,
        queries: { '{{bucket}}': used('.*Day'), '{{bucket}} limit': limits('.*Day') },
      },
    },
    {
      graph: {
        title: 'Forecast to the end of the quarter hour',
        shows: 'What will be used by its end if calls go on at the pace of this quarter hour so far.',
        whenBad: 'above the limit: the last minutes belong to people and webhooks, turns wait. Nothing is lost.',
        unit: 'short',
        columns: 12,
        queries: { '{{bucket}}': forecast('.*15m', 900), '{{bucket}} limit': limits('.*15m') },
      },
    },
    {
      graph: {
        title: 'Forecast to the end of the day',
        shows: 'What will be used by midnight UTC if calls go on at the pace of this day so far.',
        whenBad:
          'above the limit all day long: the application has outgrown its quota, see docs/runbooks/quota-exhausted.md.',
        unit: 'short',
        columns: 12,
        queries: { '{{bucket}}': forecast('.*Day', 86_400), '{{bucket}} limit': limits('.*Day') },
      },
    },
    { row: 'Lanes' },
    {
      graph: {
        title: 'Reads of the quarter hour by lane',
        shows: 'Who uses it: people, webhooks, turns, history.',
        whenBad:
          '`realtime` above all others: webhooks of one athlete in a loop are held to ten calls an hour, see `npm run slipstream -- runs`.',
        unit: 'short',
        queries: { '{{lane}}': 'max by (lane) (slipstream_quota_used_by_lane{bucket="read15m"})' },
      },
    },
    {
      graph: {
        title: 'Reads of the day by lane',
        shows: 'Who has used the day.',
        whenBad: 'turns (`scheduled`) may take what webhooks and people leave, history (`backfill`) what turns leave.',
        unit: 'short',
        queries: { '{{lane}}': 'max by (lane) (slipstream_quota_used_by_lane{bucket="readDay"})' },
      },
    },
    {
      graph: {
        title: 'Athletes with open work by lane',
        shows: 'How many wait or are worked on.',
        whenBad:
          'it should fall to 0 between turns. `interactive` above 0 for minutes: docs/runbooks/requests-wait-too-long.md.',
        unit: 'short',
        queries: { '{{lane}}': 'max by (lane) (slipstream_lane_backlog)' },
      },
    },
    { row: 'Calls' },
    {
      graph: {
        title: 'Calls by endpoint',
        shows: 'HTTP attempts at Strava.',
        whenBad:
          'much `activity` for few webhooks: lists do not show what webhooks told; see the log for "was never seen".',
        unit: 'reqps',
        queries: {
          '{{endpoint}}':
            'sum by (endpoint) (rate(slipstream_strava_request_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Calls by outcome',
        shows: 'What Strava answered. `rate_limited` is a call over the quota: it should not happen.',
        whenBad:
          '`app_inactive`, `client_credentials_invalid`: board Programme. `transient`, `timeout`: Strava is down, calls stop by themselves, see https://status.strava.com.',
        unit: 'reqps',
        queries: {
          '{{outcome}}': 'sum by (outcome) (rate(slipstream_strava_request_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Time of a call',
        shows: 'The time that 95 of 100 attempts stay below, by endpoint.',
        whenBad: 'Strava is slow: runs take longer, the quota is not touched. Nothing to do here.',
        unit: 's',
        queries: {
          '{{endpoint}}':
            'histogram_quantile(0.95, sum by (le, endpoint) (rate(slipstream_strava_request_duration_seconds_bucket[$__rate_interval])))',
        },
      },
    },
  ],
}
