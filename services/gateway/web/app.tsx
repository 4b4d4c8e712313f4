import { type ActionableError, actionableError } from '@slipstream/contracts'
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { DashboardView } from './components/dashboard-view.tsx'
import { ErrorPanel } from './components/error-panel.tsx'
import { Header } from './components/header.tsx'
import { ErrorBanner } from './components/notice-banner.tsx'
import { Welcome } from './components/welcome.tsx'
import { insecureAddress } from './insecure-address.ts'
import type { Notice } from './notice.ts'
import { createSignIn, type PageConfig, type Session, type SignIn } from './session.ts'

type Stage =
  | { name: 'loading' }
  | { name: 'signed_out'; error: ActionableError | null }
  | { name: 'signed_in'; session: Session }

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

const start = async (signIn: SignIn): Promise<Stage> => {
  try {
    const session = await signIn.resume()
    return session === null ? { name: 'signed_out', error: null } : { name: 'signed_in', session }
  } catch (error) {
    console.error('sign-in failed', error)
    return { name: 'signed_out', error: signInFailed }
  }
}

const Frame = ({
  name,
  onSignOut,
  children,
}: {
  /** Of who is signed in. */
  name: string | null
  onSignOut: () => Promise<void>
  children: ComponentChildren
}) => (
  <>
    <Header name={name} onSignOut={onSignOut} />
    <main class="page">{children}</main>
    <footer class="footer">
      <p>
        <strong data-testid="powered-by">Powered by Strava</strong>. Workouts are read from there with your consent and
        shown only to you. Slipstream is not made or endorsed by Strava. <a href="/docs">Documentation</a>
      </p>
    </footer>
  </>
)

const heading = <h1>Your training</h1>

interface AppProps {
  config: PageConfig
  notice: Notice | null
}

const SecureApp = ({ config, notice }: AppProps) => {
  const signIn = useMemo(() => createSignIn(config), [config])
  const [stage, setStage] = useState<Stage>({ name: 'loading' })
  const [shownNotice, setShownNotice] = useState(notice)

  useEffect(() => {
    void start(signIn).then(setStage)
  }, [signIn])

  const signOut = useCallback(
    (error: ActionableError | null) =>
      setStage((now) => (now.name === 'loading' ? now : { name: 'signed_out', error })),
    [],
  )

  const expire = useCallback(() => {
    void signIn.forget()
    signOut(sessionEnded)
  }, [signIn, signOut])

  useEffect(
    () =>
      signIn.listen({
        onBegun: (session) => setStage((now) => (now.name === 'signed_out' ? { name: 'signed_in', session } : now)),
        onEnded: (reason) => signOut(reason === 'expired' ? sessionEnded : null),
      }),
    [signIn, signOut],
  )

  const beginSignIn = async (): Promise<void> => {
    try {
      await signIn.begin()
    } catch (error) {
      console.error('the sign-in page could not be reached', error)
      signOut(actionableError('service_unavailable'))
    }
  }

  const endSession = async (): Promise<void> => {
    try {
      await signIn.end()
    } catch (error) {
      // The issuer may be down; the session in this tab has to end all the same.
      console.error('signing out at the issuer failed', error)
      await signIn.forget()
    }
    signOut(null)
  }

  return (
    <Frame name={stage.name === 'signed_in' ? stage.session.name : null} onSignOut={endSession}>
      {stage.name !== 'signed_out' && heading}
      {/* That all went well is told with what it led to. */}
      {shownNotice?.kind === 'error' && <ErrorBanner notice={shownNotice} onDismiss={() => setShownNotice(null)} />}
      {stage.name === 'loading' && <p class="muted">Loading…</p>}
      {stage.name === 'signed_out' && <Welcome error={stage.error} onSignIn={beginSignIn} />}
      {stage.name === 'signed_in' && (
        <DashboardView
          key={stage.session.subject}
          access={signIn}
          suggestedName={stage.session.name}
          profileGate={config.profileGate}
          buttonImage={config.stravaButtonImage}
          returned={shownNotice?.kind === 'linked' ? shownNotice : null}
          onUnauthorized={expire}
          onAction={() => setShownNotice(null)}
        />
      )}
    </Frame>
  )
}

/** Where browsers give no keys for PKCE nobody can sign in, so that the page says how to get there. */
export const App = ({ config, notice }: AppProps) =>
  isSecureContext ? (
    <SecureApp config={config} notice={notice} />
  ) : (
    <Frame name={null} onSignOut={() => Promise.resolve()}>
      {heading}
      <ErrorPanel error={insecureAddress(config.publicUrl)}>
        <a href={config.publicUrl}>Open {config.publicUrl}</a>
      </ErrorPanel>
    </Frame>
  )
