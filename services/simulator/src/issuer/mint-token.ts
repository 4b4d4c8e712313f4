import type { default as Provider, ResourceServer } from 'oidc-provider'
import { signInAccounts } from '../domain/athletes.ts'
import { UnknownSubjectError } from '../unknown-subject-error.ts'

/** A resource indicator has to be a URI; the audience that ends up in `aud` need not be. */
export const apiResource = 'urn:slipstream:api'
export const apiScope = 'api'

interface TokenRequest {
  /** A sign-in account: anna, ben, chris, dana, busy or olga. */
  readonly account: string
  /** In place of the account's own roles. */
  readonly roles?: readonly string[] | undefined
  /** Zero or negative gives a token that is already over. Default 3600. */
  readonly expiresInSeconds?: number | undefined
  /** In place of the account's own `profile_submitted` claim. */
  readonly profileSubmitted?: boolean | undefined
}

/** Issues what signing in would: a JWT access token for the API. Throws UnknownSubjectError for an unknown account. */
export type MintToken = (request: TokenRequest) => Promise<{ readonly accessToken: string; readonly expiresAt: string }>

const usualLifetimeSeconds = 3600

/** `override` changes claims of a token before it is signed. The provider's own token model does the rest. */
export const createTokenMint =
  (
    provider: Provider,
    api: ResourceServer,
    override: (token: object, claims: Readonly<Record<string, unknown>>) => void,
  ): MintToken =>
  async ({ account: name, roles, expiresInSeconds = usualLifetimeSeconds, profileSubmitted }) => {
    const account = signInAccounts.find((candidate) => candidate.account === name)
    if (!account) throw new UnknownSubjectError(`there is no sign-in account ${name}`)
    const client = await provider.Client.find('slipstream-web')
    if (!client) throw new Error('the issuer has lost its own client')

    const grant = new provider.Grant({ clientId: client.clientId, accountId: account.sub })
    grant.addResourceScope(apiResource, apiScope)
    const grantId = await grant.save()
    const now = Math.floor(Date.now() / 1000)
    const exp = now + expiresInSeconds
    const token = new provider.AccessToken({
      accountId: account.sub,
      client,
      grantId,
      gty: 'authorization_code',
      scope: apiScope,
      resourceServer: new provider.ResourceServer(apiResource, api),
      iat: Math.min(now, exp - 1),
      exp,
    })
    override(token, {
      ...(roles === undefined ? {} : { roles }),
      ...(profileSubmitted === undefined ? {} : { profile_submitted: profileSubmitted }),
    })
    return { accessToken: await token.save(), expiresAt: new Date(exp * 1000).toISOString() }
  }
