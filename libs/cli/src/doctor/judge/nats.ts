import type { InspectedPart, NatsView } from '@slipstream/messaging'
import type { Finding } from '../finding.ts'
import { isOlder } from './version.ts'

/** What the server's monitoring page says of how it writes; `unknown`: nobody said where it is, or it does not answer. */
export type SyncInterval =
  | { kind: 'unknown'; isAddressSet: boolean }
  | { kind: 'always' }
  | { kind: 'every'; ms: number }

export type NatsFacts =
  | { kind: 'away'; reason: string }
  /** The server answers and does not let this user in. */
  | { kind: 'refused'; reason: string }
  | { kind: 'view'; view: NatsView; syncInterval: SyncInterval }

const floor = '2.12.0'

const judgeParts = (parts: readonly InspectedPart[]): Finding[] => {
  const inState = <State extends InspectedPart['state']>(state: State) =>
    parts.filter((part): part is Extract<InspectedPart, { state: State }> => part.state === state)
  const names = (of: readonly InspectedPart[]) => of.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  const [missing, different, refused] = [inState('missing'), inState('different'), inState('refused')]
  const findings: Finding[] = []
  if (missing.length > 0) {
    findings.push({
      code: 'nats_part_missing',
      severity: 'error',
      problem: `not there: ${names(missing)}`,
      actor: 'operator',
      fix: 'Restart a service, which puts streams and consumers in place; if they are missing again, see its log for what NATS refuses.',
    })
  }
  for (const { kind, name, fields } of different) {
    findings.push({
      code: 'nats_part_changed',
      severity: fields.includes('persist_mode') ? 'error' : 'warning',
      problem: `${kind} ${name} is not as this release declares it: ${fields.join(', ')}`,
      actor: 'operator',
      fix:
        kind === 'stream'
          ? 'Restart a service, which sets the stream right; NATS_STREAM_REPLICAS decides about num_replicas.'
          : `Delete the consumer with the nats tool while no service of an earlier release runs; services make it anew. Work that waits stands in MongoDB.`,
    })
  }
  if (refused.length > 0) {
    findings.push({
      code: 'nats_permission_missing',
      severity: 'warning',
      problem: `this NATS user may not look at: ${names(refused)}`,
      actor: 'operator',
      fix: 'Run the doctor with the credentials of the operator, or give this user $JS.API.STREAM.INFO and $JS.API.CONSUMER.INFO.',
    })
  }
  return findings
}

const judgeSyncInterval = (syncInterval: SyncInterval): Finding[] => {
  switch (syncInterval.kind) {
    case 'always':
      return []
    case 'every':
      return [
        {
          code: 'nats_sync_interval',
          severity: 'warning',
          problem: `NATS acknowledges messages up to ${syncInterval.ms / 1_000} s before they are on its disk`,
          actor: 'operator',
          fix: 'Set sync_interval: always in the jetstream block of the server, and restart it. Until then a power cut costs time, as work is asked for again from MongoDB.',
        },
      ]
    case 'unknown':
      return [
        {
          code: 'nats_sync_interval_not_checkable',
          severity: 'info',
          problem: syncInterval.isAddressSet
            ? 'NATS_MONITOR_URL does not tell how the server writes: sync_interval is not known'
            : 'a client cannot see sync_interval of a NATS server',
          actor: 'nobody',
          fix: "Set NATS_MONITOR_URL to the server's monitoring address (such as http://nats:8222) to have it looked at.",
        },
      ]
  }
}

export const judgeNats = (facts: NatsFacts): Finding[] => {
  switch (facts.kind) {
    case 'away':
      return [
        {
          code: 'nats_unreachable',
          severity: 'error',
          problem: `no NATS server answers at NATS_URL (${facts.reason}); events wait in MongoDB meanwhile`,
          actor: 'operator',
          fix: 'See that nats-server runs and answers, and that address, TLS and network of NATS_URL are right.',
        },
      ]
    case 'refused':
      return [
        {
          code: 'nats_access_refused',
          severity: 'error',
          problem: `NATS does not let this user in (${facts.reason})`,
          actor: 'operator',
          fix: 'Put user and password in NATS_URL, or the credentials file named by NATS_CREDS_FILE, right.',
        },
      ]
    case 'view': {
      const { view, syncInterval } = facts
      const findings: Finding[] = []
      if (isOlder(view.version, floor)) {
        findings.push({
          code: 'nats_too_old',
          severity: 'error',
          problem: `nats-server ${view.version} is older than ${floor}: it ignores settings that keep acknowledged messages`,
          actor: 'operator',
          fix: 'Upgrade nats-server; what it keeps is read by newer ones.',
        })
      }
      if (!view.hasJetStream) {
        findings.push({
          code: 'nats_without_jetstream',
          severity: 'error',
          problem: 'NATS runs without JetStream, or this account has none: no event is kept and no work is handed out',
          actor: 'operator',
          fix: 'Add a jetstream block with store_dir and sync_interval: always to the configuration of the server.',
        })
        return findings
      }
      return [...findings, ...judgeParts(view.parts), ...judgeSyncInterval(syncInterval)]
    }
  }
}
