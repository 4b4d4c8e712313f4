import type { EventData, Status } from '@slipstream/contracts'
import { EventSource } from 'eventsource'
import type { Access } from './session.ts'

interface LiveListeners {
  onStatus(status: Status): void
  onProgress(progress: EventData<'sync.progress'>): void
  /** Something stored changed: the link, a finished run, a workout. What it is now is asked of the API. */
  onChange(): void
  onConnected(connected: boolean): void
  onUnauthorized(): void
}

const reopenAfterMs = 5_000
/** The status comes first. A proxy that holds the stream back says nothing at all, not even that it does. */
const silentAfterMs = 10_000
const changeEvents = ['link', 'sync', 'activity']

/**
 * Follows the athlete's event stream until the returned function is called. The browser's own EventSource cannot
 * send an Authorization header, and a token in the address would end up in logs; hence the package of that name.
 * It reconnects by itself after a lost connection, but gives up on an error status: then the stream is opened anew.
 */
export const followEvents = (access: Access, listeners: LiveListeners): (() => void) => {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  /** Since the stream was open last: a second refusal in a row is not for want of a newer token. */
  let wasRenewed = false

  const renewOrEnd = async (): Promise<void> => {
    const isRenewed = !wasRenewed && (await access.renew())
    if (isStopped) return
    wasRenewed = true
    if (isRenewed) open()
    else listeners.onUnauthorized()
  }

  const open = (): void => {
    const current = new EventSource('/api/v1/strava/events', {
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${access.accessToken()}` } }),
    })
    source = current
    clearTimeout(silence)
    silence = setTimeout(() => listeners.onConnected(false), silentAfterMs)
    current.addEventListener('open', () => {
      wasRenewed = false
    })
    current.addEventListener('status', (event) => {
      clearTimeout(silence)
      listeners.onConnected(true)
      listeners.onStatus(JSON.parse(event.data))
    })
    current.addEventListener('progress', (event) => listeners.onProgress(JSON.parse(event.data)))
    for (const name of changeEvents) current.addEventListener(name, () => listeners.onChange())
    current.addEventListener('error', (event) => {
      listeners.onConnected(false)
      if (event.code === 401) {
        current.close()
        void renewOrEnd()
      } else if (current.readyState === EventSource.CLOSED) {
        timer = setTimeout(open, reopenAfterMs)
      }
    })
  }

  open()
  return () => {
    isStopped = true
    clearTimeout(timer)
    clearTimeout(silence)
    source?.close()
  }
}
