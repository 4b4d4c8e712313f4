import { createUser, fromSeed } from '@nats-io/nkeys'
import { type NatsUser, natsUsers, permissionsOf } from './permissions.ts'

export interface NatsAuth {
  /** The section `authorization` of a server's configuration, and a document of YAML as well. Holds no secret. */
  serverConfig: string
  /** What `NATS_CREDS_FILE` names for each user: the seed of an nkey, without a line break, which many clients do not take. */
  credentials: Record<NatsUser, string>
}

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed())

const publicKeyOf = (seed: string): string => fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey()

const record = <Value>(of: (user: NatsUser) => Value) =>
  Object.fromEntries(natsUsers.map((user) => [user, of(user)])) as Record<NatsUser, Value>

/**
 * Makes the users of a NATS server: who they are, and what each may do. The server learns public keys only.
 * @param known credentials that stay as they are; those of other users are made anew
 */
export const makeNatsAuth = (known: Partial<Record<NatsUser, string>> = {}): NatsAuth => {
  const credentials = record((user) => known[user] ?? newSeed())
  const users = natsUsers.map((user) => ({
    nkey: publicKeyOf(credentials[user]),
    permissions: permissionsOf[user],
  }))
  return { serverConfig: `authorization: ${JSON.stringify({ users }, null, 2)}\n`, credentials }
}
