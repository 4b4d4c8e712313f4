import { createUser, fromSeed } from '@nats-io/nkeys'
import { faultOfSubscribers, type NatsUser, natsUsers, permissionsOf } from './permissions.ts'

export interface NatsAuth<Subscriber extends string = never> {
  /** The section `authorization` of a server's configuration, and a document of YAML as well. Holds no secret. */
  serverConfig: string
  /** What `NATS_CREDS_FILE` names for each user: the seed of an nkey, without a line break, which many clients do not take. */
  credentials: Record<NatsUser | Subscriber, string>
}

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed())

const publicKeyOf = (seed: string): string => fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey()

/**
 * Makes the users of a NATS server: who they are, and what each may do. The server learns public keys only.
 * @param known credentials that stay as they are, by user; those of other users are made anew
 * @param subscribers names of subscribers that get a user of their own
 * @throws when a subscriber's name cannot be one
 */
export const makeNatsAuth = <Subscriber extends string = never>(
  known: Readonly<Record<string, string>> = {},
  subscribers: readonly Subscriber[] = [],
): NatsAuth<Subscriber> => {
  const fault = faultOfSubscribers(subscribers)
  if (fault !== undefined) throw new Error(fault)
  const permissions = permissionsOf(subscribers)
  const credentials = Object.fromEntries([...natsUsers, ...subscribers].map((user) => [user, known[user] ?? newSeed()]))
  const entries = Object.entries(credentials).map(([user, seed]) => {
    const entry = { nkey: publicKeyOf(seed), permissions: permissions[user] }
    return `# ${user}\n${JSON.stringify(entry, null, 2)}`.replace(/^/gm, '    ')
  })
  return {
    serverConfig: `authorization: {\n  "users": [\n${entries.join(',\n')}\n  ] }\n`,
    credentials: credentials as Record<NatsUser | Subscriber, string>,
  }
}
