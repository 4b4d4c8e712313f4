import type { ProfileSubmission, Summary } from '@slipstream/contracts'
import { ConnectStravaStep, useStravaLink, useStravaStatus } from '@slipstream/react-native'
import { useCallback, useEffect, useState } from 'react'
import { Platform, Text } from 'react-native'
import { readSummary, submitProfile, unlink } from './api.ts'
import { useLook } from './look.ts'
import { Page, Quiet } from './parts.tsx'
import { ProfileForm } from './profile.tsx'
import type { Session } from './session.ts'
import { SummaryPage } from './summary.tsx'

/** What the gateway's `APP_DEEP_LINK` has to be. */
const returnUrl = Platform.OS === 'web' ? `${location.origin}/oauth/strava` : 'coachai://oauth/strava'

export const Onboarding = ({ session, onSignOut }: { session: Session; onSignOut: () => void }) => {
  const { gatewayUrl, accessToken } = session
  const look = useLook()
  const getToken = useCallback(async () => accessToken, [accessToken])
  const link = useStravaLink({ baseUrl: gatewayUrl, getToken, returnUrl })
  const watched = useStravaStatus({ baseUrl: gatewayUrl, getToken, link })
  const [summary, setSummary] = useState<Summary | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const [isSkipped, setSkipped] = useState(false)

  const signOut = () => void link.abandon().then(onSignOut)

  const refresh = useCallback(async () => {
    try {
      setSummary(await readSummary(session))
      setFailure(null)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }, [session])

  const act = async (action: Promise<unknown>) => {
    try {
      await action
      await refresh()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }
  const submit = (profile: ProfileSubmission) => void act(submitProfile(session, profile))
  const disconnect = () => void act(unlink(session))

  const lastSyncedAt = watched.status?.lastSync?.finishedAt
  const linkStatus = watched.status?.status
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when a sync has ended or the link has changed
  useEffect(() => void refresh(), [refresh, lastSyncedAt, linkStatus])

  const alert = failure !== null && (
    <Text role="alert" style={look.error} testID="failure">
      {failure}
    </Text>
  )
  if (summary === null) {
    return (
      <Page step="" title="One moment">
        {alert}
        <Quiet label="Sign out" onPress={signOut} testID="sign-out" />
      </Page>
    )
  }
  if (summary.profile.submittedAt === null) {
    return (
      <>
        <ProfileForm onSubmit={submit} />
        {alert}
      </>
    )
  }
  const isLinked = !['not_linked', 'pending'].includes(summary.strava.status)
  if (isLinked || isSkipped) {
    return <SummaryPage summary={summary} watched={watched} link={link} onDisconnect={disconnect} onSignOut={signOut} />
  }
  return (
    <Page step="Step 3 of 3" title="Bring in your training">
      <ConnectStravaStep link={link} buttonImage={null} onLinked={refresh} onSignIn={onSignOut} />
      <Quiet label="Not now" onPress={() => setSkipped(true)} testID="skip" />
    </Page>
  )
}
