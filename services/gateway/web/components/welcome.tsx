import type { ActionableError } from '@slipstream/contracts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'

export const Welcome = ({ error, onSignIn }: { error: ActionableError | null; onSignIn: () => Promise<void> }) => (
  <section class="card welcome" aria-labelledby="welcome-title" data-testid="welcome">
    {error !== null && <ErrorPanel error={error} />}
    <h1 id="welcome-title">Your Strava workouts, where you train</h1>
    <p>
      Sign in, say a little about yourself, and connect your Strava account. Your last four weeks appear within seconds
      and stay up to date by themselves.
    </p>
    <Button testId="sign-in" kind="primary" onPress={onSignIn}>
      Sign in
    </Button>
  </section>
)
