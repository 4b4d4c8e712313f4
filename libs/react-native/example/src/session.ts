import { expoPorts } from '@slipstream/react-native'
import { useCallback, useEffect, useState } from 'react'

/** Who is signed in, and where the gateway is. A host has its own sign-in, and knows its gateway. */
export interface Session {
  gatewayUrl: string
  accessToken: string
}

const storageKey = 'example.session'
const { storage } = expoPorts

/** The session, kept over restarts of the app; `undefined` until storage was read. */
export const useSession = () => {
  const [session, setSession] = useState<Session | null>()
  useEffect(() => {
    void storage.get(storageKey).then((text) => setSession(text === null ? null : (JSON.parse(text) as Session)))
  }, [])
  const signIn = useCallback(async (next: Session) => {
    await storage.set(storageKey, JSON.stringify(next))
    setSession(next)
  }, [])
  const signOut = useCallback(async () => {
    await storage.remove(storageKey)
    setSession(null)
  }, [])
  return { session, signIn, signOut }
}
