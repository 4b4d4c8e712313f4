import { useState } from 'preact/hooks'
import type { LinkedNotice } from '../notice.ts'
import type { Access, PageConfig } from '../session.ts'
import { isWindowOpen } from '../sync-text.ts'
import { useDashboard } from '../use-dashboard.ts'
import { ConnectCard } from './connect-card.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { LoadCard } from './load-card.tsx'
import { LinkedBanner } from './notice-banner.tsx'
import { ProfileCard } from './profile-card.tsx'
import { ProfileForm } from './profile-form.tsx'
import { ReceiptsCard } from './receipts-card.tsx'
import { StatusCard } from './status-card.tsx'
import { WorkoutsCard } from './workouts-card.tsx'

interface DashboardViewProps {
  access: Access
  suggestedName: string
  profileGate: PageConfig['profileGate']
  buttonImage: PageConfig['stravaButtonImage']
  /** The link flow has just brought the athlete back, linked. */
  returned: LinkedNotice | null
  onUnauthorized: () => void
  /** The person went on: older news may leave the screen. */
  onAction: () => void
}

/** Everything a signed-in athlete sees: profile first, then the connection, then what came through it. */
export const DashboardView = ({
  access,
  suggestedName,
  profileGate,
  buttonImage,
  returned,
  onUnauthorized,
  onAction,
}: DashboardViewProps) => {
  const dashboard = useDashboard(access, onUnauthorized)
  const [editing, setEditing] = useState(false)
  const [receiptId, setReceiptId] = useState('')
  const { summary, workouts, workoutsAsOf, loadError, actionError, connected, api } = dashboard

  if (summary === null) return loadError === null ? <p class="muted">Loading…</p> : <ErrorPanel error={loadError} />

  const { profile, strava, load } = summary
  const submitted = profile.submittedAt !== null
  // Elsewhere the host decides who may link, and this form is only an offer.
  const mayConnect = submitted || profileGate !== 'local'
  const linked = strava.status !== 'not_linked' && strava.status !== 'pending'

  const connecting = { onConnect: dashboard.connect, buttonImage }

  const hasWorkouts = workouts !== null && workouts.items.length > 0
  const isSettled = workoutsAsOf === (strava.lastSync?.runId ?? null)

  const profileSaved = async (): Promise<void> => {
    await dashboard.refresh()
    setEditing(false)
    onAction()
  }

  const sync = (): Promise<void> => {
    onAction()
    return dashboard.sync()
  }

  const disconnect = async (): Promise<void> => {
    setReceiptId((await dashboard.disconnect()) ?? '')
    onAction()
  }

  return (
    <>
      {returned !== null && linked && (
        <LinkedBanner api={api} notice={returned} isHindered={strava.error !== null} onDismiss={onAction} />
      )}
      {loadError !== null && <ErrorPanel error={loadError} />}
      {actionError !== null && <ErrorPanel error={actionError} />}
      {!connected && (
        <p class="muted small" role="status" data-testid="offline">
          Live updates are interrupted; reconnecting…
        </p>
      )}
      {submitted && !editing ? (
        <ProfileCard profile={profile} onEdit={() => setEditing(true)} />
      ) : (
        <ProfileForm
          api={api}
          profile={profile}
          suggestedName={suggestedName}
          onSaved={profileSaved}
          {...(submitted ? { onCancel: () => setEditing(false) } : {})}
        />
      )}
      {linked && <StatusCard strava={strava} {...connecting} onSync={sync} onDisconnect={disconnect} />}
      {!linked && <ReceiptsCard api={api} changed={`${strava.status} ${receiptId}`} isLinked={false} />}
      {strava.status === 'pending' && (
        <p class="muted" role="status" data-testid="pending">
          Strava is being connected, in the app or in another tab.
        </p>
      )}
      {mayConnect && !linked && <ConnectCard {...connecting} />}
      {linked && hasWorkouts && (
        <LoadCard load={load} weeklyGoalHours={profile.weeklyGoalHours} isSoFar={isWindowOpen(strava)} />
      )}
      {linked && workouts !== null && (
        <WorkoutsCard page={workouts} strava={strava} isSettled={isSettled} onMore={dashboard.loadMore} />
      )}
      {linked && <ReceiptsCard api={api} changed={`${strava.status} ${strava.linkedAt}`} isLinked={true} />}
    </>
  )
}
