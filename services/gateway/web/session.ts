import { User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { createTabs } from './tabs.ts'

/** What the gateway wrote into the page: where people sign in, and whether the profile form of this page opens the way to Strava. */
export interface PageConfig {
  issuer: string
  clientId: string
  audience: string
  scopes: string[]
  profileGate: 'local' | 'claim' | 'off'
  /** Where the page is to be opened. */
  publicUrl: string
  /** Strava's own button; null: plain text. */
  stravaButtonImage: string | null
}

export interface Session {
  subject: string
  /** What to call the person: from the ID token, or its subject. */
  name: string
}

/** How calls of the API are made as the person who is signed in. */
export interface Access {
  /** The newest there is; empty when nobody is signed in. */
  accessToken(): string
  /** Has a new access token made, or taken over from another tab. False: signing in again is the only way. */
  renew(): Promise<boolean>
}

interface SessionListeners {
  /** Another tab has signed in. */
  onBegun(session: Session): void
  /** Here nobody is signed in any more: it could not be renewed, or another tab has signed out. */
  onEnded(reason: 'expired' | 'signed_out'): void
}

/** Sign-in with the host's OIDC issuer: authorization code with PKCE, no client secret. */
export interface SignIn extends Access {
  /** The session of this browser, or null. Finishes a sign-in when the address carries the issuer's answer. */
  resume(): Promise<Session | null>
  /** Leaves for the issuer. */
  begin(): Promise<void>
  /** Forgets the session in all tabs and, where the issuer offers it, signs out there. */
  end(): Promise<void>
  /** Forgets it in this tab, and in this browser what bound link attempts to it. */
  forget(): Promise<void>
  /** @returns what ends listening */
  listen(listeners: SessionListeners): () => void
}

const answersSignIn = (query: URLSearchParams): boolean =>
  query.has('state') && (query.has('code') || query.has('error'))

const sessionOf = ({ profile }: User): Session => ({
  subject: profile.sub,
  name: profile.name ?? profile.preferred_username ?? profile.sub,
})

/** RFC 8707 takes an absolute URI only; other audiences are named by the widely used `audience` parameter alone. */
const audienceParameters = (audience: string) => ({
  extraQueryParams: { audience },
  ...(URL.canParse(audience) ? { resource: audience } : {}),
})

/** A session as this tab has it. */
interface Held {
  user: User
  /** So many times it was begun or renewed in this browser: of two, the higher one has the refresh token that is good. */
  generation: number
}

const toText = ({ user, generation }: Held): string => JSON.stringify({ user: user.toStorageString(), generation })

const fromText = (text: string): Held => {
  const { user, generation } = JSON.parse(text) as { user: string; generation: number }
  return { user: User.fromStorageString(user), generation }
}

const ownGeneration = {
  read: (): number => Number(sessionStorage.getItem('slipstream.generation')),
  write: (generation: number): void => sessionStorage.setItem('slipstream.generation', String(generation)),
}

/** The highest of all tabs, of one person. It is no secret. */
const newestGeneration = (subject: string) => {
  const key = `slipstream.generation.${subject}`
  return {
    read: (): number => Number(localStorage.getItem(key)),
    write: (generation: number): void => localStorage.setItem(key, String(generation)),
  }
}

/** Up to which one the person has signed out in this browser: a tab that was elsewhere then finds it out here. */
const endedGeneration = (subject: string) => {
  const key = `slipstream.ended.${subject}`
  return {
    includes: (generation: number): boolean => generation <= Number(localStorage.getItem(key) ?? -1),
    write: (generation: number): void => localStorage.setItem(key, String(generation)),
  }
}

const isEnded = ({ user, generation }: Held): boolean => endedGeneration(user.profile.sub).includes(generation)

/** The cookies that bind link attempts to this browser are for the gateway alone to drop; while it is away they last for half an hour. */
const forgetLinking = async (): Promise<void> => {
  try {
    await fetch('/api/v1/strava/link-token', { method: 'DELETE', keepalive: true, signal: AbortSignal.timeout(3_000) })
  } catch (error) {
    console.warn('the browser may keep what bound it to link attempts', error)
  }
}

/**
 * Tokens stay in sessionStorage: linking leaves the page for Strava and comes back, so memory alone would ask for another
 * sign-in each time. It ends with the tabs, and the page runs no script but its own (CSP). What ends soon is renewed with
 * the refresh token where the issuer gave one: by one tab at a time, since the issuer takes a refresh token that is used twice
 * for stolen, and for all tabs. Without one the page asks to sign in again. (A hidden frame would need third-party cookies,
 * and a page that can be framed.)
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
    // An issuer that hangs must not keep a person signed in who wants to leave.
    requestTimeoutInSeconds: 10,
    stateStore: store,
    userStore: store,
    ...audienceParameters(config.audience),
  })
  const listening = new Set<SessionListeners>()
  let current: Held | null = null
  let renewing: Promise<boolean> | null = null

  /** Reading it from the store also sets the timers that tell of its end. */
  const keep = async (held: Held): Promise<void> => {
    current = held
    ownGeneration.write(held.generation)
    await manager.storeUser(held.user)
    await manager.getUser()
    tabs.setSignedIn(true)
  }

  const forget = async (): Promise<void> => {
    current = null
    tabs.setSignedIn(false)
    await manager.removeUser()
  }

  const forgetAll = async (): Promise<void> => {
    await Promise.all([forgetLinking(), forget()])
  }

  const endWith = async (reason: 'expired' | 'signed_out'): Promise<void> => {
    // Signed out in another tab: that one has seen to the browser, where somebody may have begun anew by now.
    await (reason === 'expired' ? forgetAll() : forget())
    for (const { onEnded } of listening) onEnded(reason)
  }

  /** Somebody else's stays in the tab where that person signed in. */
  const isNewer = ({ user, generation }: Held): boolean =>
    current === null || (current.user.profile.sub === user.profile.sub && generation > current.generation)

  const tabs = createTabs({
    session: () => current && toText(current),
    onSession: (text) => {
      const held = fromText(text)
      if (!isNewer(held) || isEnded(held)) return
      const isFirst = current === null
      void keep(held)
      if (isFirst) for (const { onBegun } of listening) onBegun(sessionOf(held.user))
    },
    onSignedOut: (subject) => {
      if (current?.user.profile.sub === subject) void endWith('signed_out')
    },
  })

  /** Keeps what the issuer has just given, and tells the other tabs. */
  const keepNew = async (user: User): Promise<void> => {
    const newest = newestGeneration(user.profile.sub)
    const held = { user, generation: newest.read() + 1 }
    newest.write(held.generation)
    await keep(held)
    tabs.tellSession(toText(held))
  }

  const renewInTurn = async (before: Held | null): Promise<boolean> => {
    // What another tab was given while this one waited for its turn is taken over on the way.
    if (current === before) await tabs.askSession()
    if (current !== before || !current) return current !== null
    const { user, generation } = current
    // Used a second time, a refresh token would end the session of the tab that has the newer one.
    if (!user.refresh_token || newestGeneration(user.profile.sub).read() > generation) return false
    try {
      const renewed = await manager.signinSilent()
      if (renewed === null) return false
      await keepNew(renewed)
      return true
    } catch (error) {
      console.warn('the session could not be renewed', error)
      return false
    }
  }

  const renew = (): Promise<boolean> => {
    const before = current
    renewing ??= tabs
      .inTurn(() => renewInTurn(before))
      .finally(() => {
        renewing = null
      })
    return renewing
  }

  const finish = async (): Promise<User | null> => {
    const address = location.href
    history.replaceState(null, '', '/')
    return (await manager.signinCallback(address)) ?? null
  }

  manager.events.addAccessTokenExpiring(() => void renew())
  manager.events.addAccessTokenExpired(async () => {
    if (current !== null && !(await renew())) await endWith('expired')
  })

  return {
    async resume() {
      if (answersSignIn(new URLSearchParams(location.search))) {
        const begun = await finish()
        if (begun) await keepNew(begun)
      } else {
        const own = await manager.getUser()
        const held = own && { user: own, generation: ownGeneration.read() }
        if (held) await (isEnded(held) ? forget() : keep(held))
        // Another tab may have renewed it while this one was away at Strava.
        await tabs.askSession()
      }
      if (current?.user.expired && !(await renew())) await forgetAll()
      return current && sessionOf(current.user)
    },
    begin: () => manager.signinRedirect(),
    async end() {
      if (current) {
        const { sub } = current.user.profile
        endedGeneration(sub).write(newestGeneration(sub).read())
        tabs.tellSignedOut(sub)
      }
      await forgetLinking()
      const canSignOut = (await manager.metadataService.getEndSessionEndpoint()) !== undefined
      await (canSignOut ? manager.signoutRedirect() : forget())
    },
    forget: forgetAll,
    accessToken: () => current?.user.access_token ?? '',
    renew,
    listen(listeners) {
      listening.add(listeners)
      return () => listening.delete(listeners)
    },
  }
}
