import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Markup, systemClock } from '@slipstream/runtime'
import Provider, {
  type ClientMetadata,
  type Configuration,
  interactionPolicy,
  type JWK,
  type ResourceServer,
} from 'oidc-provider'
import { type SignInAccount, signInAccounts } from '../domain/athletes.ts'
import type { Facts } from '../facts.ts'
import { issuerErrorPage, signedOutPage, signOutPage } from '../views/issuer-pages.ts'
import { createMemoryAdapter } from './memory-adapter.ts'
import { apiResource, apiScope, createTokenMint, type MintToken } from './mint-token.ts'

const signingAlg = 'ES256'

/** Claims beside the registered ones, the same in access tokens, ID tokens and userinfo. */
const accountClaims = (account: SignInAccount) => ({
  name: account.displayName,
  roles: account.roles,
  profile_submitted: true,
})

const findAccountBySub = (sub: string): SignInAccount | undefined =>
  signInAccounts.find((account) => account.sub === sub)

/** Tokens of an earlier run stay good only as long as its key is kept. */
export const newSigningKey = async (): Promise<JWK> => {
  const { privateKey }: { privateKey: KeyObject } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  return { ...jwk, kid: randomBytes(8).toString('hex'), use: 'sig', alg: signingAlg } as JWK
}

/** The page is reached as localhost or 127.0.0.1; both are the same place. */
const loopbackTwins = (origin: string): readonly string[] => {
  const url = new URL(origin)
  if (url.hostname !== 'localhost' && url.hostname !== '127.0.0.1') return [url.origin]
  return ['localhost', '127.0.0.1'].map((hostname) => `${url.protocol}//${hostname}${url.port && `:${url.port}`}`)
}

const clients = (webOrigins: readonly string[]): ClientMetadata[] => [
  {
    client_id: 'slipstream-web',
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: webOrigins.map((origin) => `${origin}/`),
    post_logout_redirect_uris: webOrigins.map((origin) => `${origin}/`),
    id_token_signed_response_alg: signingAlg,
  },
  {
    client_id: 'slipstream-app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['coachai://oauth/login'],
    post_logout_redirect_uris: ['coachai://oauth/login'],
    id_token_signed_response_alg: signingAlg,
  },
]

/** Both clients are the host's own, so nobody is asked for consent. */
const firstPartyPolicy = () => {
  const policy = interactionPolicy.base()
  policy.get('consent')?.checks.clear()
  return policy
}

interface IssuerOptions {
  /** Base address of the simulator, without a slash at the end. */
  readonly publicUrl: string
  readonly audience: string
  readonly webOrigin: string
  readonly signingKey: JWK
  readonly facts: Facts
}

export interface Issuer {
  readonly provider: Provider
  readonly mintToken: MintToken
}

/**
 * The development OIDC issuer at `<publicUrl>/oidc`: code flow with PKCE for the web page and the app, access tokens as
 * JWTs for the API (RFC 9068). It lives by the real clock, since those who check its tokens do.
 */
export const createIssuer = ({ publicUrl, audience, webOrigin, signingKey, facts }: IssuerOptions): Issuer => {
  const overrides = new WeakMap<object, Readonly<Record<string, unknown>>>()
  const api: ResourceServer = {
    scope: apiScope,
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 3600,
    jwt: { sign: { alg: signingAlg } },
  }
  const webOrigins = loopbackTwins(webOrigin)
  const secureCookies = publicUrl.startsWith('https:')
  const configuration: Configuration = {
    adapter: createMemoryAdapter(systemClock),
    clients: clients(webOrigins),
    jwks: { keys: [signingKey] },
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      long: { httpOnly: true, sameSite: 'lax', secure: secureCookies, signed: true },
      short: { httpOnly: true, sameSite: 'lax', secure: secureCookies, signed: true },
    },
    responseTypes: ['code'],
    renderError: async (ctx, out) => {
      ctx.type = 'html'
      ctx.body = issuerErrorPage(out.error, out.error_description ?? '')
    },
    scopes: ['openid', 'offline_access', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'roles', 'profile_submitted'] },
    conformIdTokenClaims: false,
    clientBasedCORS: (_ctx, origin) => webOrigins.includes(origin),
    findAccount: async (_ctx, sub) => {
      const account = findAccountBySub(sub)
      return (
        account && { accountId: account.sub, claims: async () => ({ sub: account.sub, ...accountClaims(account) }) }
      )
    },
    extraTokenClaims: async (_ctx, token) => {
      const account = 'accountId' in token ? findAccountBySub(String(token.accountId)) : undefined
      return account && { ...accountClaims(account), ...overrides.get(token) }
    },
    loadExistingGrant: async ({ oidc }) => {
      if (!oidc.client || !oidc.session?.accountId) return undefined
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid offline_access profile')
      grant.addResourceScope(apiResource, apiScope)
      await grant.save()
      return grant
    },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    pkce: { required: () => true },
    interactions: { policy: firstPartyPolicy(), url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      Grant: 14 * 86_400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 14 * 86_400,
      Session: 14 * 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => apiResource,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => api,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          ctx.body = signOutPage(new Markup(form))
        },
        postLogoutSuccessSource: async (ctx) => {
          ctx.body = signedOutPage()
        },
      },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
    },
  }
  const provider = new Provider(`${publicUrl}/oidc`, configuration)
  provider.on('server_error', (_ctx, error) => facts.failed(error))
  return { provider, mintToken: createTokenMint(provider, api, (token, claims) => overrides.set(token, claims)) }
}
