import type { MongoServer, MongoView } from '@slipstream/persistence'
import type { Finding } from '../finding.ts'
import { isOlder } from './version.ts'

export type MongoFacts =
  /** `direct`: what the first server says when it is asked alone; null when it says nothing. */
  | { kind: 'away'; reason: string; direct: MongoServer | null }
  /** The server answers and does not let this user in, or not to the database. */
  | { kind: 'refused'; reason: string }
  | { kind: 'view'; view: MongoView }

/** The oldest that this release is tested with. */
const floor = '6.0.0'

const startReplicaSet =
  'Start mongod with --replSet and run rs.initiate(); one member is enough. A server that has data can be made one.'

const judgeAway = ({ reason, direct }: Extract<MongoFacts, { kind: 'away' }>): Finding[] => {
  if (direct === null) {
    return [
      {
        code: 'mongodb_unreachable',
        severity: 'error',
        problem: `no MongoDB answers at MONGODB_URI (${reason})`,
        actor: 'operator',
        fix: 'See that mongod runs and answers, and that address, user and network of MONGODB_URI are right.',
      },
    ]
  }
  if (direct.setName === null) return [notReplicaSet]
  return [
    {
      code: 'mongodb_no_primary',
      severity: 'error',
      problem: `a member of the replica set ${direct.setName} answers, but no primary can be used (${reason})`,
      actor: 'operator',
      fix: `See rs.status(): a majority of the members has to be up. MONGODB_URI has to name the set as replicaSet=${direct.setName}.`,
    },
  ]
}

const notReplicaSet: Finding = {
  code: 'mongodb_no_replica_set',
  severity: 'error',
  problem: 'MongoDB runs as a single server outside a replica set, which cannot keep what was acknowledged',
  actor: 'operator',
  fix: startReplicaSet,
}

const accessRefused = (reason: string): Finding => ({
  code: 'mongodb_access_refused',
  severity: 'error',
  problem: `MongoDB does not let this user in, or not to the database (${reason})`,
  actor: 'operator',
  fix: 'Put user, password and authSource of MONGODB_URI right; the user needs the role readWrite on the database.',
})

const judgeSet = ({ setName, majority, journalsMajority }: MongoView): Finding[] => {
  if (setName === null) return [notReplicaSet]
  const findings: Finding[] = []
  if (majority && majority.healthy < majority.needed) {
    findings.push({
      code: 'mongodb_no_majority',
      severity: 'error',
      problem: `${majority.healthy} members can acknowledge a write and a majority takes ${majority.needed}: no write succeeds`,
      actor: 'operator',
      fix: 'Bring the members back that rs.status() shows as down.',
    })
  }
  if (journalsMajority === false) {
    findings.push({
      code: 'mongodb_majority_without_journal',
      severity: 'warning',
      problem:
        'members acknowledge a majority write before it is in their journals (writeConcernMajorityJournalDefault)',
      actor: 'operator',
      fix: 'Set writeConcernMajorityJournalDefault to true with rs.reconfig().',
    })
  }
  if (majority === null) {
    findings.push({
      code: 'mongodb_set_not_checkable',
      severity: 'info',
      problem: 'the user of MONGODB_URI may not ask for the state of the replica set',
      actor: 'nobody',
      fix: 'Run the doctor with a user that has the role clusterMonitor to have it looked at.',
    })
  }
  return findings
}

const judgeDatabase = ({ database: { isNew, pending, unknownSteps } }: MongoView): Finding[] => {
  if (isNew) {
    return [
      {
        code: 'mongodb_empty',
        severity: 'info',
        problem: 'nothing is stored yet',
        actor: 'nobody',
        fix: 'The first service that starts brings the database up.',
      },
    ]
  }
  const findings: Finding[] = []
  const breaking = pending.filter(({ isBreaking }) => isBreaking)
  const plain = pending.filter(({ isBreaking }) => !isBreaking)
  const list = (changes: typeof pending) => changes.map(({ what }) => what).join(', ')
  if (breaking.length > 0) {
    findings.push({
      code: 'mongodb_migration_needed',
      severity: 'error',
      problem: `the database is of an earlier release and services refuse to start on it: ${list(breaking)}`,
      actor: 'operator',
      fix: 'Stop replicas of the earlier release, then run slipstream migrate.',
    })
  }
  if (plain.length > 0) {
    findings.push({
      code: 'mongodb_index_missing',
      severity: 'warning',
      problem: `what this release declares is not there: ${list(plain)}`,
      actor: 'operator',
      fix: 'Run slipstream migrate, or restart a service: both make it while the others run on.',
    })
  }
  if (unknownSteps.length > 0) {
    findings.push({
      code: 'mongodb_newer_release',
      severity: 'warning',
      problem: `a later release than this one has changed the database: ${unknownSteps.join(', ')}`,
      actor: 'operator',
      fix: 'Use the command of the release whose services run.',
    })
  }
  return findings
}

export const judgeMongo = (facts: MongoFacts): Finding[] => {
  if (facts.kind === 'away') return judgeAway(facts)
  if (facts.kind === 'refused') return [accessRefused(facts.reason)]
  const { view } = facts
  const findings = [...judgeSet(view), ...judgeDatabase(view)]
  if (isOlder(view.version, floor)) {
    findings.push({
      code: 'mongodb_too_old',
      severity: 'error',
      problem: `MongoDB ${view.version} is older than ${floor}, which this release needs`,
      actor: 'operator',
      fix: 'Upgrade MongoDB, one major version at a time.',
    })
  }
  return findings
}
