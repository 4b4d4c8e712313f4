import { randomBytes } from 'node:crypto'
import { makeNatsAuth, natsUsers } from '@slipstream/nats-auth'
import { newOneTimeSecret } from '@slipstream/runtime'

/** Secrets by the name of their file, without a line break at the end. */
export type Secrets = Readonly<Record<string, string>>

/** Each has a user of its own in MongoDB and in NATS. */
const services = ['gateway', 'scheduler', 'ingestion', 'operator'] as const

const newPassword = (): string => randomBytes(24).toString('base64url')

/** Strava gives this one; only a simulated Strava takes any. */
export const stravaClientSecret = 'strava-client-secret'

/** How each secret is made that is not there. */
const makers: Readonly<Record<string, () => string>> = {
  'token-keys': () => `key1:${randomBytes(32).toString('base64')}`,
  'strava-webhook-verify-token': newOneTimeSecret,
  'strava-webhook-path-secret': newOneTimeSecret,
  // MongoDB takes up to 1024 characters of base64.
  'mongo-keyfile': () => randomBytes(192).toString('base64'),
  'mongo-root-password': newPassword,
  ...Object.fromEntries(services.map((service) => [`mongo-${service}-password`, newPassword])),
  'grafana-admin-password': newPassword,
}

/** Services of the host that have a user of their own in NATS, by name. */
type Subscribers = readonly string[]

/** The seed's name by user, of subscribers too. */
const natsSeeds = (subscribers: Subscribers): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...natsUsers.map((user) => [user, `nats-${user}-seed`]),
    ...subscribers.map((name) => [name, `nats-subscriber-${name}-seed`]),
  ])

const natsAuth = (secrets: Secrets, subscribers: Subscribers) => {
  const known = Object.entries(natsSeeds(subscribers)).flatMap(([user, name]) => {
    const seed = secrets[name]
    return seed === undefined ? [] : [[user, seed]]
  })
  return makeNatsAuth(Object.fromEntries(known), subscribers)
}

/** What has to be made, given what is there. A secret that is there is never made anew. */
export const missingSecrets = (
  found: Secrets,
  options: { simulatesStrava: boolean; subscribers: Subscribers },
): Secrets => {
  const credentials: Secrets = natsAuth(found, options.subscribers).credentials
  const all = {
    ...makers,
    ...Object.fromEntries(
      Object.entries(natsSeeds(options.subscribers)).map(([user, name]) => [name, () => credentials[user]]),
    ),
    ...(options.simulatesStrava && { [stravaClientSecret]: () => randomBytes(20).toString('hex') }),
  }
  const missing = Object.entries(all).filter(([name]) => !(name in found))
  return Object.fromEntries(missing.map(([name, make]) => [name, make()]))
}

/** The files of one container. */
export interface Share {
  /** Who reads them there. */
  uid: number
  files: Secrets
}

const nodeUid = 1000
/** As in the image of MongoDB. */
const mongodbUid = 999
/** As in the image of Grafana. */
const grafanaUid = 472

/** Which container gets which secrets, under which file names. */
export const shareOut = (secrets: Secrets, subscribers: Subscribers): Readonly<Record<string, Share>> => {
  const secret = (name: string): string => {
    const value = secrets[name]
    if (value === undefined) throw new Error(`there is no secret ${name}`)
    return value
  }
  const stores = (service: (typeof services)[number]) => ({
    'mongodb-uri': `mongodb://${service}:${secret(`mongo-${service}-password`)}@mongo:27017/slipstream?authSource=admin&replicaSet=rs0`,
    'nats-creds': secret(`nats-${service}-seed`),
  })
  const strava = {
    'strava-client-secret': secret(stravaClientSecret),
    'token-keys': secret('token-keys'),
  }
  const webhooks = {
    'strava-webhook-verify-token': secret('strava-webhook-verify-token'),
    'strava-webhook-path-secret': secret('strava-webhook-path-secret'),
  }
  return {
    gateway: { uid: nodeUid, files: { ...stores('gateway'), ...strava, ...webhooks } },
    scheduler: { uid: nodeUid, files: stores('scheduler') },
    ingestion: { uid: nodeUid, files: { ...stores('ingestion'), ...strava } },
    operator: { uid: nodeUid, files: { ...stores('operator'), ...strava, ...webhooks } },
    simulator: { uid: nodeUid, files: { 'strava-client-secret': secret(stravaClientSecret) } },
    mongo: {
      uid: mongodbUid,
      files: { keyfile: secret('mongo-keyfile'), 'root-password': secret('mongo-root-password') },
    },
    'mongo-users': {
      uid: mongodbUid,
      files: Object.fromEntries(
        ['root', ...services].map((user) => [`${user}-password`, secret(`mongo-${user}-password`)]),
      ),
    },
    // Public keys and permissions: no secret, but of no use without the seeds.
    nats: { uid: 0, files: { 'auth.conf': natsAuth(secrets, subscribers).serverConfig } },
    grafana: { uid: grafanaUid, files: { 'admin-password': secret('grafana-admin-password') } },
  }
}
