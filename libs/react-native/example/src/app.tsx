import { useCallback } from 'react'
import { Onboarding } from './onboarding.tsx'
import { useSession } from './session.ts'
import { SignIn } from './sign-in.tsx'

export const App = () => {
  const { session, signIn, signOut } = useSession()
  const leave = useCallback(() => void signOut(), [signOut])
  if (session === undefined) return null
  if (session === null) return <SignIn onSignIn={(next) => void signIn(next)} />
  return <Onboarding session={session} onSignOut={leave} />
}
