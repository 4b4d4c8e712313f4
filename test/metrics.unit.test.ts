import { causes, lanes, noticeAspects, noticeObjects, runOutcomes, storedLinkStatuses } from '@slipstream/contracts'
import { expect, it } from 'vitest'
import { troubleTable } from '../libs/gate/src/trouble-table.ts'
import { consumers, streams } from '../libs/messaging/src/topology.ts'
import { bucketNames, stopTroubles } from '../libs/records/src/quota.ts'
import { stravaEndpoints } from '../libs/strava/src/judgement.ts'
import { implausibleFields } from '../libs/strava/src/plausible.ts'
import { documentedValues } from './support/documented-metrics.ts'

// A running system shows only the values that came up; these are all that may.
const values: Record<string, readonly string[]> = {
  bucket: bucketNames,
  cause: causes,
  consumer: Object.keys(consumers),
  endpoint: stravaEndpoints,
  field: implausibleFields,
  kind: [...noticeObjects.flatMap((object) => noticeAspects.map((aspect) => `${object}_${aspect}`)), 'unreadable'],
  lane: lanes,
  'outcome of slipstream_strava_request_duration_seconds': [
    ...['ok', 'aborted', 'timeout', 'network', 'wrong_athlete'],
    ...Object.keys(troubleTable),
  ],
  'outcome of slipstream_sync_run_duration_seconds': runOutcomes,
  'status of slipstream_links': storedLinkStatuses,
  stream: Object.keys(streams),
  trouble: stopTroubles,
}

it.each(Object.entries(values))('docs/metrics.md names all values of the label %s', (label, known) => {
  expect(documentedValues.get(label)?.toSorted()).toEqual(known.toSorted())
})
