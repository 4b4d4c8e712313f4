import { useState } from 'preact/hooks'
import type { PageConfig } from '../session.ts'
import { useDashboard } from '../use-dashboard.ts'
import { ConnectCard } from './connect-card.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { LoadCard } from './load-card.tsx'
import { ProfileCard } from './profile-card.tsx'
import { ProfileForm } from './profile-form.tsx'
import { ReceiptCard } from './receipt-card.tsx'
import { StatusCard } from './status-card.tsx'
import { WorkoutsCard } from './workouts-card.tsx'

interface DashboardViewProps {
  accessToken: string
  suggestedName: string
  profileGate: PageConfig['profileGate']
  onUnauthorized: () => void
  /** The person went on: older news may leave the screen. */
  onAction: () => void
}

/** Everything a signed-in athlete sees: profile first, then the connection, then what came through it. */
export const DashboardView = ({
  accessToken,
  suggestedName,
  profileGate,
  onUnauthorized,
  onAction,
}: DashboardViewProps) => {
  const dashboard = useDashboard(accessToken, onUnauthorized)
  const [editing, setEditing] = useState(false)
  const [receiptId, setReceiptId] = useState<string | null>(null)
  const { summary, workouts, loadError, actionError, connected, api } = dashboard

  if (summary === null) return loadError === null ? <p class="muted">Loading…</p> : <ErrorPanel error={loadError} />

  const { profile, strava, load } = summary
  const submitted = profile.submittedAt !== null
  // Elsewhere the host decides who may link, and this form is only an offer.
  const mayConnect = submitted || profileGate !== 'local'
  const linked = strava.status !== 'not_linked' && strava.status !== 'pending'

  const hasWorkouts = workouts !== null && workouts.items.length > 0

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
    setReceiptId((await dashboard.disconnect()) ?? null)
    onAction()
  }

  return (
    <>
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
      {receiptId !== null && !linked && <ReceiptCard api={api} receiptId={receiptId} />}
      {linked && <StatusCard strava={strava} onConnect={dashboard.connect} onSync={sync} onDisconnect={disconnect} />}
      {mayConnect && !linked && <ConnectCard onConnect={dashboard.connect} />}
      {linked && hasWorkouts && <LoadCard load={load} weeklyGoalHours={profile.weeklyGoalHours} />}
      {linked && workouts !== null && (
        <WorkoutsCard page={workouts} syncing={strava.sync !== null} onMore={dashboard.loadMore} />
      )}
    </>
  )
}
