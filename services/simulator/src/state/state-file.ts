import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { repeat } from '@slipstream/runtime'
import type { JWK } from 'oidc-provider'
import { z } from 'zod'
import type { SummaryActivity } from '../domain/activity.ts'
import type { ActivityChanges } from '../domain/activity-changes.ts'
import type { Grant } from '../domain/grants.ts'
import type { QuotaLimits } from '../domain/quota.ts'
import type { Facts } from '../facts.ts'
import type { Subscription } from './subscription-book.ts'

/** What a simulator knows beyond its seed and settings, faults left out. Holds tokens and a private key. */
interface SimulatorState {
  /** Signs the issuer's tokens: those of people who are signed in stay good. */
  readonly signingKey: JWK
  readonly grants: readonly Grant[]
  readonly activities: ActivityChanges
  readonly subscription: Subscription | null
  readonly limits: QuotaLimits
}

const version = 1

/** Only what is looked at before Strava's shape is handed on as it was saved. */
const activitySchema = z.custom<SummaryActivity>(
  (value) =>
    z.object({ id: z.int(), athlete: z.object({ id: z.int() }), start_date: z.string() }).safeParse(value).success,
  { error: 'is not an activity' },
)

const scopes = z.array(z.string())
const windowPair = z.object({ quarterHour: z.number(), day: z.number() })

const stateSchema = z.object({
  signingKey: z.custom<JWK>((value) => z.object({ kty: z.literal('EC'), d: z.string() }).safeParse(value).success, {
    error: 'is no private key',
  }),
  grants: z.array(
    z.object({
      athleteId: z.int(),
      scopes,
      refreshToken: z.string(),
      accessTokens: z.array(z.object({ token: z.string(), expiresAt: z.number(), scopes })),
    }),
  ),
  activities: z.object({
    added: z.array(activitySchema),
    edited: z.array(activitySchema),
    removed: z.array(z.int()),
  }),
  subscription: z.object({ id: z.int(), callbackUrl: z.string(), createdAt: z.string() }).nullable(),
  limits: z.object({ overall: windowPair, read: windowPair }),
})

const fileSchema = z.object({
  version: z.literal(version, { error: `is not ${version}: written by another release` }),
  state: z.unknown(),
})

export interface StateFile {
  /** What was saved last; null at the first start, and when the file cannot be used: it is then renamed and reported. */
  load(): SimulatorState | null
  /** Saves now and whenever something has changed, until closed. @throws when the file cannot be written now */
  keep(current: () => SimulatorState): void
  /** Saves a last time. */
  close(): Promise<void>
}

/** A change is on disk after this time at the latest. */
const saveEveryMs = 200

/** The file's own text, of which JSON.parse shows a part, may be a token and is never repeated. */
const reasonOf = (error: unknown): string => {
  if (error instanceof SyntaxError) return 'it is not JSON'
  if (!(error instanceof z.ZodError)) return (error as Error).message
  return error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
}

const read = (path: string): SimulatorState =>
  stateSchema.parse(fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).state)

export const createStateFile = (path: string, facts: Pick<Facts, 'stateSetAside' | 'stateNotSaved'>): StateFile => {
  let saveLast = async () => {}

  /** Whoever reads the file finds the old or the new text, never a part of one. */
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }

  return {
    load: () => {
      try {
        return read(path)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return null
        if (code === 'EISDIR') throw error // not ours to move away
        renameSync(path, `${path}.broken`)
        facts.stateSetAside(`${path}.broken`, reasonOf(error))
        return null
      }
    },
    keep: (current) => {
      const currentText = () => JSON.stringify({ version, state: current() })
      let lastText = currentText()
      write(lastText)
      // Compared rather than announced by every place that changes something: none can be forgotten.
      const saveChange = async () => {
        const text = currentText()
        if (text === lastText) return
        lastText = text // also when it cannot be written: reported once, tried again with the next change
        write(text)
      }
      const saving = repeat(saveChange, { everyMs: saveEveryMs, onError: facts.stateNotSaved })
      saveLast = async () => {
        await saving.stop()
        write(currentText())
      }
    },
    close: () => saveLast(),
  }
}
