import { useEffect, useState } from 'react'
import { AppState } from 'react-native'
import { createLinkApi, type LinkApiOptions } from '../src/api.ts'
import { type WatchedStatus, watchStatus } from '../src/status-watch.ts'
import { expoPorts } from './expo-ports.ts'
import type { StravaLink } from './use-strava-link.ts'

/**
 * The status of the link, asked for again and again while the app is in front, and at once when `link` has come to its end. `getToken` has to be
 * the same function on each render.
 */
export const useStravaStatus = ({
  baseUrl,
  getToken,
  link,
}: Pick<LinkApiOptions, 'baseUrl' | 'getToken'> & { link: Pick<StravaLink, 'state'> }): WatchedStatus => {
  const [watched, setWatched] = useState<WatchedStatus>({ status: null, error: null })
  const [isInFront, setInFront] = useState(AppState.currentState !== 'background')
  const linked = link.state.step === 'linked' ? link.state.status : null
  useEffect(() => {
    const subscription = AppState.addEventListener('change', (next) => setInFront(next !== 'background'))
    return () => subscription.remove()
  }, [])
  useEffect(() => {
    if (linked !== null) setWatched({ status: linked, error: null })
    if (!isInFront) return
    const watching = new AbortController()
    void watchStatus({ api: createLinkApi({ baseUrl, getToken }), ...expoPorts }, setWatched, watching.signal)
    return () => watching.abort()
  }, [baseUrl, getToken, linked, isInFront])
  return watched
}
