import type { ActionableError } from '@slipstream/contracts'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { DashboardView } from './components/dashboard-view.tsx'
import { ErrorPanel } from './components/error-panel.tsx'
import { Header } from './components/header.tsx'
import { ErrorBanner } from './components/notice-banner.tsx'
import { Welcome } from './components/welcome.tsx'
import { insecureAddress } from './insecure-address.ts'
import { actionableError, type Notice } from './notice.ts'
import { createSignIn, type PageConfig, type Session, type SignIn } from './session.ts'

interface SignedInOrOut {
  signIn: SignIn
  profileGate: PageConfig['profileGate']
  buttonImage: PageConfig['stravaButtonImage']
}

type Stage =
  | { name: 'loading' }
  | { name: 'broken' }
  | { name: 'insecure'; publicUrl: string }
  | (SignedInOrOut & { name: 'signed_out'; error: ActionableError | null })
  | (SignedInOrOut & { name: 'signed_in'; session: Session })

/** The panel says that it passes by itself. */
const startAgainAfterMs = 5_000

const loadConfig = async (): Promise<PageConfig> => {
  const response = await fetch('./config.json')
  if (!response.ok) throw new Error(`config.json answered ${response.status}`)
  return response.json()
}

const sessionEnded: ActionableError = {
  ...actionableError('unauthorized'),
  title: 'Your session has ended',
  detail: 'Sign in again to go on.',
}

const signInFailed: ActionableError = {
  ...actionableError('unauthorized'),
  title: 'Signing in did not work',
  detail: 'The sign-in page answered with an error, or the attempt was too old. Try again.',
}

const start = async (): Promise<Stage> => {
  const config = await loadConfig()
  if (!isSecureContext) return { name: 'insecure', publicUrl: config.publicUrl }
  const { profileGate, stravaButtonImage: buttonImage } = config
  const either = { signIn: createSignIn(config), profileGate, buttonImage }
  try {
    const session = await either.signIn.resume()
    if (session === null) return { ...either, name: 'signed_out', error: null }
    return { ...either, name: 'signed_in', session }
  } catch (error) {
    console.error('sign-in failed', error)
    return { ...either, name: 'signed_out', error: signInFailed }
  }
}

export const App = ({ notice }: { notice: Notice | null }) => {
  const [stage, setStage] = useState<Stage>({ name: 'loading' })
  const [shownNotice, setShownNotice] = useState(notice)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const begin = (): Promise<void> =>
      start().then(setStage, (error: unknown) => {
        console.error('the page could not start', error)
        setStage({ name: 'broken' })
        timer = setTimeout(begin, startAgainAfterMs)
      })
    void begin()
    return () => clearTimeout(timer)
  }, [])

  const signOut = useCallback(
    (error: ActionableError | null) =>
      setStage((now) =>
        now.name === 'signed_in' || now.name === 'signed_out' ? { ...now, name: 'signed_out', error } : now,
      ),
    [],
  )

  const signIn = stage.name === 'signed_in' || stage.name === 'signed_out' ? stage.signIn : null
  const expire = useCallback(() => {
    void signIn?.forget()
    signOut(sessionEnded)
  }, [signIn, signOut])

  useEffect(
    () =>
      signIn?.listen({
        onBegun: (session) =>
          setStage((now) => (now.name === 'signed_out' ? { ...now, name: 'signed_in', session } : now)),
        onEnded: (reason) => signOut(reason === 'expired' ? sessionEnded : null),
      }),
    [signIn, signOut],
  )

  const beginSignIn = async (current: SignIn): Promise<void> => {
    try {
      await current.begin()
    } catch (error) {
      console.error('the sign-in page could not be reached', error)
      signOut(actionableError('service_unavailable'))
    }
  }

  const endSession = async (current: SignIn): Promise<void> => {
    try {
      await current.end()
    } catch (error) {
      // The issuer may be down; the session in this tab has to end all the same.
      console.error('signing out at the issuer failed', error)
      await current.forget()
    }
    signOut(null)
  }

  return (
    <>
      <Header
        name={stage.name === 'signed_in' ? stage.session.name : null}
        onSignOut={() => (stage.name === 'signed_in' ? endSession(stage.signIn) : Promise.resolve())}
      />
      <main class="page">
        {stage.name !== 'signed_out' && <h1>Your training</h1>}
        {/* That all went well is told with what it led to. */}
        {shownNotice?.kind === 'error' && <ErrorBanner notice={shownNotice} onDismiss={() => setShownNotice(null)} />}
        {stage.name === 'loading' && <p class="muted">Loading…</p>}
        {stage.name === 'broken' && <ErrorPanel error={actionableError('service_unavailable')} />}
        {stage.name === 'insecure' && (
          <ErrorPanel error={insecureAddress(stage.publicUrl)}>
            <a href={stage.publicUrl}>Open {stage.publicUrl}</a>
          </ErrorPanel>
        )}
        {stage.name === 'signed_out' && <Welcome error={stage.error} onSignIn={() => beginSignIn(stage.signIn)} />}
        {stage.name === 'signed_in' && (
          <DashboardView
            key={stage.session.subject}
            access={stage.signIn}
            suggestedName={stage.session.name}
            profileGate={stage.profileGate}
            buttonImage={stage.buttonImage}
            returned={shownNotice?.kind === 'linked' ? shownNotice : null}
            onUnauthorized={expire}
            onAction={() => setShownNotice(null)}
          />
        )}
      </main>
      <footer class="footer">
        <p>
          <strong data-testid="powered-by">Powered by Strava</strong>. Workouts are read from there with your consent
          and shown only to you. Slipstream is not made or endorsed by Strava. <a href="/docs">API documentation</a>
        </p>
      </footer>
    </>
  )
}
