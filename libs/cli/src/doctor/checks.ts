import { createQuotaLedger } from '@slipstream/quota'
import { ConfigError, type Environment } from '@slipstream/runtime'
import { inspectKeys, parseTokenKeys } from '@slipstream/vault'
import type { Cli } from '../cli.ts'
import { allReaders, readApp, readDeployment, readMongo, readNats, readStrava, readTokenKeys } from '../settings.ts'
import { countSlots } from '../slots.ts'
import { judgeButton } from './judge/button.ts'
import { judgeCapacity } from './judge/capacity.ts'
import { judgeClock } from './judge/clocks.ts'
import { judgeHosts } from './judge/hosts.ts'
import { judgeKeys } from './judge/keys.ts'
import { judgeMongo } from './judge/mongo.ts'
import { judgeNats } from './judge/nats.ts'
import { judgePublicUrl } from './judge/public-url.ts'
import { judgeSettings } from './judge/settings.ts'
import { judgeApp } from './judge/strava-app.ts'
import { judgeSubscription, type SubscriptionFacts } from './judge/subscription.ts'
import { lookAtMongo } from './looks/mongo.ts'
import { lookAtNats } from './looks/nats.ts'
import { lookAtCallback, lookAtPublicUrl } from './looks/public-url.ts'
import { lookAtStrava } from './looks/strava.ts'
import type { Check } from './run-checks.ts'

const problemsOf = (read: (env: Environment) => unknown, env: Environment): readonly string[] => {
  try {
    read(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const isStravaItself = (env: Environment): boolean =>
  new URL(readStrava(env).STRAVA_API_BASE_URL).hostname.endsWith('strava.com')

/** What several checks need is looked at once, by whichever comes first. */
const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined
  return () => {
    result ??= work()
    return result
  }
}

/** In the order in which a person would look. */
export const allChecks = (cli: Cli): Check[] => {
  const { env } = cli
  const mongo = once(() => lookAtMongo(readMongo(env).MONGODB_URI))
  const strava = once(() => lookAtStrava(readStrava(env)))
  /** Null while MongoDB is away, which its own check tells. */
  const whileMongoAnswers = async <T>(work: () => Promise<T>): Promise<T | null> =>
    (await mongo()).kind === 'view' ? await work() : null

  const ledger = () => {
    const { STRAVA_CLIENT_ID: clientId } = readApp(env)
    return whileMongoAnswers(() =>
      cli.withStore(async ({ collections }) => ({
        status: await createQuotaLedger({ collections, clientId, clock: cli }).read(),
        isLearned: (await collections.quota.exists({ _id: clientId })) !== null,
        slots: await countSlots(collections),
        knownId: (await collections.pushSubscription.findById(clientId).lean())?.subscriptionId ?? null,
      })),
    )
  }
  const stored = once(ledger)

  const lookAtSubscription = async (): Promise<SubscriptionFacts | null> => {
    const settings = readDeployment(env)
    const { PUBLIC_URL: publicUrl, STRAVA_WEBHOOK_PATH_SECRET: paths = [], STRAVA_WEBHOOK_VERIFY_TOKEN } = settings
    const missing = [
      ...(paths.length === 0 ? ['STRAVA_WEBHOOK_PATH_SECRET'] : []),
      ...(STRAVA_WEBHOOK_VERIFY_TOKEN ? [] : ['STRAVA_WEBHOOK_VERIFY_TOKEN']),
    ]
    const [current] = paths
    if (current === undefined || missing.length > 0) return { kind: 'not_set_up', missing }
    if (isStravaItself(env) && !publicUrl?.startsWith('https:')) return { kind: 'needs_https' }
    const [{ answer, subscription: found }, row] = await Promise.all([strava(), stored()])
    if (answer !== 'ok' || row === null || !publicUrl) return null
    const callbackUrl = `${publicUrl}/webhooks/strava/${current.reveal()}`
    return { kind: 'looked', found, publicUrl, callbackUrl, knownId: row.knownId }
  }

  const looks: Record<string, Check['look']> = {
    settings: async () => judgeSettings(allReaders.flatMap((read) => problemsOf(read, env))),
    mongodb: async () => judgeMongo(await mongo()),
    nats: async () => judgeNats(await lookAtNats(readNats(env))),
    'mongodb-clock': async () => {
      const facts = await mongo()
      if (facts.kind !== 'view') return null
      const { server, ...heard } = facts.view.time
      return judgeClock({ whose: 'MongoDB', earliest: server, latest: server, ...heard })
    },
    'strava-clock': async () => {
      const { clock } = await strava()
      return clock ? judgeClock(clock) : null
    },
    'strava-app': async () => {
      const [{ answer }, row] = await Promise.all([strava(), stored()])
      return judgeApp({ answer, stops: row?.status.stops ?? [] })
    },
    'strava-capacity': async () => {
      const { STRAVA_ATHLETE_LIMIT: athleteLimit = null } = readDeployment(env)
      const row = await stored()
      const buckets = row?.isLearned ? row.status.buckets : null
      return row ? judgeCapacity({ buckets, slots: row.slots, athleteLimit, isStrava: isStravaItself(env) }) : null
    },
    'strava-hosts': async () => judgeHosts(readStrava(env).STRAVA_API_BASE_URL, cli.now()),
    'public-url': async () => {
      const { PUBLIC_URL: publicUrl = null } = readDeployment(env)
      const settings = readStrava(env)
      const [reach, callback] = publicUrl
        ? await Promise.all([lookAtPublicUrl(publicUrl), lookAtCallback(publicUrl, settings)])
        : [null, null]
      return judgePublicUrl({ publicUrl, isStrava: isStravaItself(env), reach, callback })
    },
    webhooks: async () => {
      const facts = await lookAtSubscription()
      return facts ? judgeSubscription(facts) : null
    },
    'token-keys': async () => {
      const keyring = parseTokenKeys(readTokenKeys(env).TOKEN_KEYS.reveal())
      const keys = await whileMongoAnswers(() => cli.withStore(({ collections }) => inspectKeys(collections, keyring)))
      return keys ? judgeKeys(keys) : null
    },
    'strava-button': async () => {
      const { STRAVA_BUTTON_IMAGE: image = null } = readDeployment(env)
      return judgeButton({ image, isStrava: isStravaItself(env) })
    },
  }
  return Object.entries(looks).map(([name, look]) => ({ name, look }))
}
