import { useEffect, useMemo, useSyncExternalStore } from 'react'
import { Linking, Platform } from 'react-native'
import { createLinkApi, type LinkApiOptions } from '../src/api.ts'
import type { LinkState } from '../src/link-decision.ts'
import { createStravaLinkService } from '../src/service.ts'
import { expoPorts } from './expo-ports.ts'

export interface StravaLink {
  state: LinkState
  /** Begins; what becomes of it is in `state`. */
  connect: () => void
  /** Before the athlete signs out. */
  abandon: () => Promise<void>
}

/** `returnUrl`: the gateway's `APP_DEEP_LINK`. `getToken` has to be the same function on each render. */
export const useStravaLink = ({
  baseUrl,
  getToken,
  returnUrl,
}: Pick<LinkApiOptions, 'baseUrl' | 'getToken'> & { returnUrl: string }): StravaLink => {
  const service = useMemo(
    () => createStravaLinkService({ api: createLinkApi({ baseUrl, getToken }), ...expoPorts }, { returnUrl }),
    [baseUrl, getToken, returnUrl],
  )
  const state = useSyncExternalStore(service.subscribe, service.state)
  useEffect(() => {
    // The URL that opened the app, where it was killed meanwhile; else whatever comes while it runs.
    void Linking.getInitialURL().then((url) => {
      // Out of the address bar, and of what is shared or kept from there.
      if (Platform.OS === 'web' && url?.startsWith(returnUrl)) history.replaceState(null, '', location.pathname)
      return service.resume(url)
    })
    const subscription = Linking.addEventListener('url', ({ url }) => void service.resume(url))
    return () => subscription.remove()
  }, [service, returnUrl])
  return { state, connect: () => void service.link(), abandon: service.abandon }
}
