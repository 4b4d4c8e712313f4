/**
 * What the tabs of one browser tell each other. Each keeps its session in its own sessionStorage, so that it ends with them;
 * a refresh token that rotates must nevertheless be used by one of them alone, and its answer belong to all.
 */
export interface Tabs {
  /** The session another tab has, as text; null when there is none. Asks only where another tab is signed in. */
  askSession(): Promise<string | null>
  tellSession(session: string): void
  tellSignedOut(subject: string): void
  /** Whether this tab answers others. */
  setSignedIn(isSignedIn: boolean): void
  /** One tab at a time. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
}

interface TabListeners {
  /** What this tab has, as text; null when it is signed out. */
  session(): string | null
  onSession(session: string): void
  onSignedOut(subject: string): void
}

type Message = { kind: 'who' } | { kind: 'session'; session: string } | { kind: 'signed_out'; subject: string }

const channelName = 'slipstream-session'
const turnLock = 'slipstream-session-turn'
/** Held by every tab that is signed in, all at the same time: nobody waits for an answer that cannot come. */
const presenceLock = 'slipstream-session-there'
/** For a tab that is busy. */
const answerWithinMs = 1_000

export const createTabs = ({ session, onSession, onSignedOut }: TabListeners): Tabs => {
  const channel = new BroadcastChannel(channelName)
  const waiting = new Set<(session: string) => void>()
  let leave: (() => void) | null = null

  const tell = (message: Message): void => channel.postMessage(message)

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    switch (data.kind) {
      case 'who': {
        const own = session()
        if (own !== null) tell({ kind: 'session', session: own })
        return
      }
      case 'session':
        for (const answer of waiting) answer(data.session)
        onSession(data.session)
        return
      case 'signed_out':
        onSignedOut(data.subject)
        return
    }
  })

  const isAnotherThere = async (): Promise<boolean> => {
    const { held = [] } = await navigator.locks.query()
    return held.filter(({ name }) => name === presenceLock).length > (leave === null ? 0 : 1)
  }

  return {
    askSession: async () => {
      if (!(await isAnotherThere())) return null
      return await new Promise((resolve) => {
        const answer = (found: string | null): void => {
          clearTimeout(timer)
          waiting.delete(answer)
          resolve(found)
        }
        const timer = setTimeout(answer, answerWithinMs, null)
        waiting.add(answer)
        tell({ kind: 'who' })
      })
    },
    tellSession: (own) => tell({ kind: 'session', session: own }),
    tellSignedOut: (subject) => tell({ kind: 'signed_out', subject }),
    setSignedIn: (isSignedIn) => {
      if (!isSignedIn) {
        leave?.()
        leave = null
      } else if (leave === null) {
        const held = new Promise<void>((resolve) => {
          leave = resolve
        })
        void navigator.locks.request(presenceLock, { mode: 'shared' }, () => held)
      }
    },
    inTurn: (work) => navigator.locks.request(turnLock, work),
  }
}
