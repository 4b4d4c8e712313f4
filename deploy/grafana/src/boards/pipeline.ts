import type { Board } from '../board.ts'

const services = (metric: string) => `sum by (service) (rate(${metric}[$__rate_interval]))`
const perConsumer = (what: string) =>
  `histogram_quantile(0.95, sum by (le, ${what}) (rate(slipstream_event_handle_duration_seconds_bucket[$__rate_interval])))`

export const pipeline: Board = {
  uid: 'pipeline',
  title: 'Pipeline',
  question: 'Do the services, NATS and MongoDB do their work, and where does it pile up?',
  items: [
    {
      figure: {
        title: 'Replicas that answer',
        shows: 'Processes of each service that were scraped.',
        whenBad: 'docs/runbooks/service-down.md.',
        unit: 'short',
        bad: { warn: 1, alarm: 0.5 },
        queries: {
          '{{service}}': 'count by (service) (process_start_time_seconds{service=~"gateway|scheduler|ingestion"})',
        },
      },
    },
    {
      figure: {
        title: 'Reaches MongoDB',
        shows: '1 while the primary answers all replicas of the service.',
        whenBad: 'docs/runbooks/mongodb-away.md.',
        unit: 'short',
        bad: { warn: 1, alarm: 0.5 },
        queries: { '{{service}}': 'min by (service) (slipstream_mongodb_connected)' },
      },
    },
    {
      figure: {
        title: 'Reaches NATS',
        shows: '1 while NATS answers all replicas of the service.',
        whenBad: 'docs/runbooks/nats-away.md.',
        unit: 'short',
        bad: { warn: 1, alarm: 0.5 },
        queries: { '{{service}}': 'min by (service) (slipstream_nats_connected)' },
      },
    },
    {
      figure: {
        title: 'Dead letters',
        shows: 'Messages and activities set aside because they could not be handled; kept for 30 days.',
        whenBad: 'docs/runbooks/dead-letters.md: `npm run slipstream -- dead-letters list`, mend the cause, replay.',
        unit: 'short',
        bad: { warn: 1, alarm: 10 },
        queries: { 'dead letters': 'max(slipstream_dead_letters)' },
      },
    },
    { row: 'Gateway' },
    {
      graph: {
        title: 'Requests by route',
        shows: 'Answered requests.',
        whenBad: '`unmatched` in masses is a scanner, harmless. A client in a loop is held back by its limits (429).',
        unit: 'reqps',
        queries: {
          '{{method}} {{route}}':
            'sum by (method, route) (rate(slipstream_http_request_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Requests that failed here',
        shows: 'Share of answers that are 5xx, but for the 503 to pages that a browser loads ahead.',
        whenBad:
          '503 `service_unavailable`: MongoDB is away. 500 is a bug: the log line "request failed" has the stack and a trace id.',
        unit: 'percentunit',
        queries: {
          failed:
            '(sum(rate(slipstream_http_request_duration_seconds_count{status=~"5..",route!="loaded_ahead"}[$__rate_interval])) or vector(0)) / sum(rate(slipstream_http_request_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Time to answer',
        shows: 'The time that 95 of 100 requests stay below, by route. `/connect` and `/callback` wait for Strava.',
        whenBad: 'all routes at once: MongoDB is slow, see "Ping of MongoDB". Add replicas when the processor is busy.',
        unit: 's',
        queries: {
          '{{route}}':
            'histogram_quantile(0.95, sum by (le, route) (rate(slipstream_http_request_duration_seconds_bucket[$__rate_interval])))',
        },
      },
    },
    {
      graph: {
        title: 'Webhooks by outcome',
        shows: "What became of Strava's webhooks. `not_seen`: told, and never shown by Strava.",
        whenBad:
          '`not_stored`: MongoDB is away, Strava repeats them three times. `refused` in masses: somebody forges them, harmless. `foreign_subscription`: docs/runbooks/webhooks-missed.md.',
        unit: 'reqps',
        queries: {
          '{{kind}} {{outcome}}': 'sum by (kind, outcome) (rate(slipstream_webhooks_total[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Time to acknowledge a webhook',
        shows: 'From arrival to answer: half of all, and 99 of 100. Strava waits for 2 s.',
        whenBad: 'docs/runbooks/webhook-ack-budget-burning.md.',
        unit: 's',
        queries: {
          half: 'histogram_quantile(0.5, sum by (le) (rate(slipstream_webhook_ack_duration_seconds_bucket[$__rate_interval])))',
          '99 %':
            'histogram_quantile(0.99, sum by (le) (rate(slipstream_webhook_ack_duration_seconds_bucket[$__rate_interval])))',
        },
      },
    },
    {
      graph: {
        title: 'Webhook objective missed',
        shows: 'Share not stored and answered within 1 s; above 0.1 % the budget of 30 days is being used up.',
        whenBad: 'docs/runbooks/webhook-ack-budget-burning.md.',
        unit: 'percentunit',
        queries: {
          '5 min': 'slipstream:webhook_ack_missed:ratio_rate5m',
          '1 h': 'slipstream:webhook_ack_missed:ratio_rate1h',
          '3 d': 'slipstream:webhook_ack_missed:ratio_rate3d',
        },
      },
    },
    { row: 'Scheduler and ingestion' },
    {
      graph: {
        title: 'Events handled',
        shows: 'Deliveries that got a verdict, by service.',
        whenBad:
          'none while "Messages that wait" grows: the service stands; its log says why, a restart loses nothing.',
        unit: 'reqps',
        queries: { '{{service}}': services('slipstream_event_handle_duration_seconds_count') },
      },
    },
    {
      graph: {
        title: 'Deliveries that failed',
        shows: 'Share of deliveries that are tried again or given up, by service.',
        whenBad:
          'short peaks follow an outage. Lasting: the log names the error; after five attempts it is a dead letter.',
        unit: 'percentunit',
        queries: {
          '{{service}}':
            '(sum by (service) (rate(slipstream_event_handle_duration_seconds_count{verdict=~"nak|dead_letter"}[$__rate_interval])) or 0 * sum by (service) (rate(slipstream_event_handle_duration_seconds_count[$__rate_interval]))) / sum by (service) (rate(slipstream_event_handle_duration_seconds_count[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Time of a delivery',
        shows:
          'The time that 95 of 100 deliveries stay below, by consumer. Those of ingestion hold one call to Strava each.',
        whenBad: '`ingestion-*` alone: Strava is slow. All: MongoDB is.',
        unit: 's',
        queries: { '{{consumer}}': perConsumer('consumer') },
      },
    },
    {
      graph: {
        title: 'Time of a run',
        shows: 'From the first page of a sync run to its end, waits for quota included: 95 of 100 stay below.',
        whenBad: 'board Quota: long runs wait for a window.',
        unit: 's',
        queries: {
          '{{lane}}':
            'histogram_quantile(0.95, sum by (le, lane) (rate(slipstream_sync_run_duration_seconds_bucket[$__rate_interval])))',
        },
      },
    },
    { row: 'Lag' },
    {
      graph: {
        title: 'Messages that wait',
        shows:
          'What each consumer has not settled: not delivered yet, or in work. Runs that wait for quota are in no message.',
        whenBad:
          'one that only grows: its service is down or too small; add replicas. docs/runbooks/requests-wait-too-long.md.',
        unit: 'short',
        queries: { '{{consumer}}': 'max by (consumer) (slipstream_consumer_pending)' },
      },
    },
    {
      graph: {
        title: 'Outbox',
        shows: 'Events that stand in MongoDB and are not in NATS yet.',
        whenBad: 'docs/runbooks/outbox-stuck.md. It grows while NATS is away and empties by itself.',
        unit: 'short',
        queries: { '{{service}}': 'max by (service) (slipstream_outbox_pending)' },
      },
    },
    {
      graph: {
        title: 'From change to NATS',
        shows: 'The time that 99 of 100 events stay below from the change they tell to their storage in NATS.',
        whenBad: 'seconds: NATS or its disk is slow (`sync_interval: always` waits for the disk).',
        unit: 's',
        queries: {
          '{{type}}':
            'histogram_quantile(0.99, sum by (le, type) (rate(slipstream_event_publish_delay_seconds_bucket[$__rate_interval])))',
        },
      },
    },
    { row: 'JetStream and MongoDB' },
    {
      graph: {
        title: 'Messages in JetStream',
        shows:
          'What each stream holds. SYNC: open wake-ups; EVENTS: 7 days; ADVISORIES: what the server gave up, 30 days.',
        whenBad:
          'SYNC that never empties: ingestion stands. ADVISORIES that grows: messages meet their limit of deliveries, see dead letters.',
        unit: 'short',
        queries: { '{{stream}}': 'max by (stream) (slipstream_stream_messages)' },
      },
    },
    {
      graph: {
        title: 'Size of JetStream',
        shows: 'Bytes that each stream takes on the disk of NATS.',
        whenBad: 'near the size of the volume publishing stops and events wait in MongoDB: make it larger.',
        unit: 'bytes',
        queries: { '{{stream}}': 'max by (stream) (slipstream_stream_bytes)' },
      },
    },
    {
      graph: {
        title: 'Ping of MongoDB',
        shows: 'How long the primary took to answer, from each service.',
        whenBad:
          'above 50 ms all waits grow: look at its processor, disk and slow queries. Missing: docs/runbooks/mongodb-away.md.',
        unit: 's',
        queries: { '{{service}}': 'max by (service) (slipstream_mongodb_ping_seconds)' },
      },
    },
    { row: 'Processes' },
    {
      graph: {
        title: 'Processor',
        shows: 'Share of one processor that each service uses; 1 is all that a process can.',
        whenBad: 'near 1 for minutes: add replicas.',
        unit: 'percentunit',
        queries: {
          '{{service}}':
            'max by (service) (rate(process_cpu_seconds_total{service=~"gateway|scheduler|ingestion"}[$__rate_interval]))',
        },
      },
    },
    {
      graph: {
        title: 'Memory',
        shows: 'Resident memory of the largest replica.',
        whenBad:
          'it should be flat over days. One that grows is a leak: restart it (nothing is lost) and keep a heap snapshot.',
        unit: 'bytes',
        queries: {
          '{{service}}': 'max by (service) (process_resident_memory_bytes{service=~"gateway|scheduler|ingestion"})',
        },
      },
    },
    {
      graph: {
        title: 'Event loop',
        shows: 'By how much work was late in the process, 99 of 100.',
        whenBad: 'above 0.5 s the process does too much at once or has no processor to itself.',
        unit: 's',
        queries: {
          '{{service}}': 'max by (service) (nodejs_eventloop_lag_p99_seconds{service=~"gateway|scheduler|ingestion"})',
        },
      },
    },
    {
      graph: {
        title: 'Figures that could not be read',
        shows: 'Gauges that MongoDB or NATS did not answer within 2 s; they are missing on all boards meanwhile.',
        whenBad: 'MongoDB or NATS is away or slow: see above.',
        unit: 'cpm',
        queries: { failures: '60 * (sum(rate(slipstream_metric_read_failures_total[$__rate_interval])) or vector(0))' },
      },
    },
    {
      graph: {
        title: 'Errors that nobody foresaw',
        shows: 'Deliveries that failed in a way no handler knows: bugs until shown otherwise.',
        whenBad: 'the log has them with their stack. They are tried five times and then dead letters.',
        unit: 'cpm',
        queries: {
          errors: '60 * (sum(rate(slipstream_event_unexpected_errors_total[$__rate_interval])) or vector(0))',
        },
      },
    },
  ],
}
