import { type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'

/** `/config.json`: where people sign in, and whether the profile form of this page opens the way to Strava. */
export interface PageConfig {
  issuer: string
  clientId: string
  audience: string
  scopes: string[]
  profileGate: 'local' | 'claim' | 'off'
}

export interface Session {
  /** What to call the person: from the ID token, or its subject. */
  name: string
  accessToken: string
}

/** Sign-in with the host's OIDC issuer: authorization code with PKCE, no client secret. */
export interface SignIn {
  /** The session of this tab, or null. Finishes a sign-in when the address carries the issuer's answer. */
  resume(): Promise<Session | null>
  /** Leaves for the issuer. */
  begin(): Promise<void>
  /** Forgets the session here and, where the issuer offers it, signs out there. */
  end(): Promise<void>
  forget(): Promise<void>
  onExpired(listener: () => void): void
}

const answersSignIn = (query: URLSearchParams): boolean =>
  query.has('state') && (query.has('code') || query.has('error'))

const nameOf = ({ profile }: User): string => profile.name ?? profile.preferred_username ?? profile.sub

/** RFC 8707 takes an absolute URI only; other audiences are named by the widely used `audience` parameter alone. */
const audienceParameters = (audience: string) => ({
  extraQueryParams: { audience },
  ...(URL.canParse(audience) ? { resource: audience } : {}),
})

/**
 * Tokens stay in sessionStorage: linking leaves the page for Strava and comes back, so memory alone would ask for
 * another sign-in each time. It belongs to this tab, ends with it, and the page runs no script but its own (CSP).
 * An access token is not renewed silently (that needs third-party cookies or a refresh token); when it ends, the
 * page asks to sign in again.
 */
export const createSignIn = (config: PageConfig): SignIn => {
  const home = new URL('/', location.href).href
  const store = new WebStorageStateStore({ store: sessionStorage })
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: home,
    post_logout_redirect_uri: home,
    scope: config.scopes.join(' '),
    automaticSilentRenew: false,
    stateStore: store,
    userStore: store,
    ...audienceParameters(config.audience),
  })

  const finish = async (): Promise<User | null> => {
    const address = location.href
    history.replaceState(null, '', '/')
    return (await manager.signinCallback(address)) ?? null
  }

  return {
    async resume() {
      const user = answersSignIn(new URLSearchParams(location.search)) ? await finish() : await manager.getUser()
      if (user === null) return null
      if (user.expired) {
        await manager.removeUser()
        return null
      }
      return { name: nameOf(user), accessToken: user.access_token }
    },
    begin: () => manager.signinRedirect(),
    async end() {
      const canSignOut = (await manager.metadataService.getEndSessionEndpoint()) !== undefined
      await (canSignOut ? manager.signoutRedirect() : manager.removeUser())
    },
    forget: () => manager.removeUser(),
    onExpired(listener) {
      manager.events.addAccessTokenExpired(listener)
    },
  }
}
