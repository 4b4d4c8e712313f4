import { linkFailure, type ShownError } from '@slipstream/contracts'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Api, createApi, errorToShow } from './api.ts'
import {
  concernsShownRun,
  type DashboardState,
  emptyDashboard,
  withLoaded,
  withProgress,
  withStatus,
} from './dashboard-state.ts'
import { followEvents } from './live.ts'
import { sizeToReload, withNextPage } from './paging.ts'
import type { Access } from './session.ts'
import { throttle } from './throttle.ts'

const sizes = { page: 30, largest: 200 }
/** A first import announces every activity; asking again for each would be hundreds of requests. */
const refreshIntervalMs = 400
/** News of a run may be lost on its way. */
const statusIntervalMs = 5_000
/** What the page says passes by itself has to do so here, too: the event stream tells only of what changes. */
const reloadAfterMs = 5_000
/** Where no event stream gets through, the page asks instead. */
const rereadIntervalMs = 10_000

/** Actions put their error on display themselves and then answer undefined. */
interface Dashboard extends DashboardState {
  api: Api
  refresh(): Promise<void>
  loadMore(): Promise<void>
  /** Null: all sports. */
  chooseSport(sportType: string | null): Promise<void>
  /** Answers the address at which linking goes on. */
  connect(): Promise<string | undefined>
  sync(): Promise<void>
  /** Answers the receipt's id. */
  disconnect(): Promise<string | undefined>
}

/** Loads what the page shows and keeps it true while the athlete's event stream tells of changes. */
export const useDashboard = (access: Access, onUnauthorized: () => void): Dashboard => {
  const [state, setState] = useState<DashboardState>(emptyDashboard)
  const latest = useRef(state)
  latest.current = state
  const lastLoad = useRef(0)
  /** So many times the event stream has told the status. */
  const timesTold = useRef(0)
  const api = useMemo(() => createApi(access, onUnauthorized), [access, onUnauthorized])

  const refresh = useCallback(async () => {
    lastLoad.current += 1
    const load = lastLoad.current
    const before = timesTold.current
    const { workouts: listed, sportType } = latest.current
    const askWorkouts = () => api.workouts({ limit: sizeToReload(listed, sizes), sportType })
    try {
      const [summary, early] = await Promise.all([api.summary(), askWorkouts()])
      // None may have been there a moment before the summary told of a sync that has brought the first ones.
      const isEarly = early.items.length === 0 && summary.strava.lastSync !== null
      const workouts = isEarly ? await askWorkouts() : early
      const isOvertaken = timesTold.current !== before
      if (load === lastLoad.current) setState((now) => withLoaded(now, { summary, workouts, isOvertaken }))
    } catch (error) {
      if (load === lastLoad.current) setState((now) => ({ ...now, loadError: errorToShow(error) }))
    }
  }, [api])

  const act = useCallback(
    async <Answer>(
      work: () => Promise<Answer>,
      toShow: (error: unknown) => ShownError = errorToShow,
    ): Promise<Answer | undefined> => {
      setState((now) => ({ ...now, actionError: null }))
      try {
        return await work()
      } catch (error) {
        setState((now) => ({ ...now, actionError: toShow(error) }))
        return undefined
      }
    },
    [],
  )

  const loadMore = useCallback(async () => {
    const cursor = latest.current.workouts?.nextCursor
    if (cursor === undefined || cursor === null) return
    const { sportType } = latest.current
    const page = await act(() => api.workouts({ limit: sizes.page, sportType, cursor }))
    if (page === undefined) return
    setState((now) => ({ ...now, workouts: withNextPage(now.workouts, cursor, page, ({ id }) => id) }))
  }, [api, act])

  const chooseSport = useCallback(
    (sportType: string | null) => {
      // Asked for before the next render, from the first page on; what is shown stays until the answer is there.
      latest.current = { ...latest.current, sportType, workouts: null }
      setState((now) => ({ ...now, sportType }))
      return refresh()
    },
    [refresh],
  )

  useEffect(() => {
    const refreshes = throttle(() => void refresh(), refreshIntervalMs)
    // Not counted by the throttle: the first news after an empty page is shown at once.
    void refresh()
    const stop = followEvents(access, {
      onStatus: (status) => {
        timesTold.current += 1
        setState((now) => withStatus(now, status))
      },
      onProgress: (progress) => {
        if (concernsShownRun(latest.current, progress)) setState((now) => withProgress(now, progress))
        else refreshes.call()
      },
      onChange: () => refreshes.call(),
      onConnected: (connected) => {
        if (connected === latest.current.connected) return
        setState((now) => ({ ...now, connected }))
        // What happened while the stream was away has to be asked for.
        if (connected) refreshes.call()
      },
      onUnauthorized,
    })
    return () => {
      stop()
      refreshes.cancel()
    }
  }, [access, refresh, onUnauthorized])

  const { loadError } = state
  useEffect(() => {
    if (loadError === null) return
    const timer = setTimeout(refresh, reloadAfterMs)
    return () => clearTimeout(timer)
  }, [loadError, refresh])

  const { connected } = state
  useEffect(() => {
    if (connected) return
    const timer = setInterval(refresh, rereadIntervalMs)
    return () => clearInterval(timer)
  }, [connected, refresh])

  const isSyncing = (state.summary?.strava.sync ?? null) !== null
  useEffect(() => {
    if (!isSyncing) return
    const timer = setInterval(async () => {
      const before = timesTold.current
      // One that cannot be read now is asked for again.
      const status = await api.status().catch(() => null)
      if (status === null || timesTold.current !== before) return
      const isNews = status.lastSync?.runId !== latest.current.summary?.strava.lastSync?.runId
      setState((now) => withStatus(now, status))
      // Where no event tells of them, what a sync has brought is to be there with the word that it is.
      if (isNews) await refresh()
    }, statusIntervalMs)
    return () => clearInterval(timer)
  }, [api, refresh, isSyncing])

  return {
    ...state,
    api,
    refresh,
    loadMore,
    chooseSport,
    connect: () => act(api.createConnectUrl, (error) => linkFailure(errorToShow(error))),
    async sync() {
      await act(api.sync)
      await refresh()
    },
    async disconnect() {
      const accepted = await act(api.unlink)
      await refresh()
      return accepted?.receiptId
    },
  }
}
