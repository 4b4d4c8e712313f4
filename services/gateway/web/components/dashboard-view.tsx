import { useState } from 'preact/hooks'
import type { LinkedNotice } from '../notice.ts'
import { heldWords } from '../receipt-text.ts'
import type { Access, PageConfig } from '../session.ts'
import { isWindowOpen } from '../sync-text.ts'
import { useDashboard } from '../use-dashboard.ts'
import { ConnectCard } from './connect-card.tsx'
import { DataCard } from './data-card.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { LoadCard } from './load-card.tsx'
import { LinkedBanner } from './notice-banner.tsx'
import { ProfileCard } from './profile-card.tsx'
import { ProfileForm } from './profile-form.tsx'
import { ReceiptsCard, useReceipts } from './receipts-card.tsx'
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

/**
 * Everything a signed-in athlete sees: the connection, what came through it, and at the end what is about themselves; but a
 * profile that is needed comes first, since nothing can be done before it.
 */
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
  const [wasEdited, setWasEdited] = useState(false)
  /** Of the disconnect asked for here. */
  const [asked, setAsked] = useState<string | null>(null)
  const { summary, workouts, workoutsAsOf, sportType, loadError, actionError, connected, api } = dashboard
  const receipts = useReceipts(api, summary && `${summary.strava.status} ${summary.strava.linkedAt} ${asked}`)

  if (summary === null) return loadError === null ? <p class="muted">Loading…</p> : <ErrorPanel error={loadError} />

  const { profile, strava, load } = summary
  const submitted = profile.submittedAt !== null
  // Elsewhere the host decides who may link, and this form is only an offer.
  const mayConnect = submitted || profileGate !== 'local'
  const linked = strava.status !== 'not_linked' && strava.status !== 'pending'
  // A receipt that came in above the rest would push it down.
  if (!linked && receipts.receipts === null && receipts.failure === null) return <p class="muted">Loading…</p>

  const connecting = { onConnect: dashboard.connect, buttonImage }

  const hasWorkouts = summary.recentWorkouts.length > 0
  const isSettled = workoutsAsOf === (strava.lastSync?.runId ?? null)

  const edit = (): void => {
    setEditing(true)
    setWasEdited(true)
  }

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
    setAsked((await dashboard.disconnect()) ?? null)
    onAction()
  }

  const profilePart =
    submitted && !editing ? (
      <ProfileCard profile={profile} isBack={wasEdited} onEdit={edit} />
    ) : (
      <ProfileForm
        api={api}
        profile={profile}
        suggestedName={suggestedName}
        onSaved={profileSaved}
        {...(submitted ? { onCancel: () => setEditing(false) } : {})}
      />
    )

  return (
    <>
      {returned !== null && linked && (
        <LinkedBanner api={api} notice={returned} isHindered={strava.error !== null} onDismiss={onAction} />
      )}
      {loadError !== null && <ErrorPanel error={loadError} />}
      {actionError !== null && <ErrorPanel error={actionError} />}
      {!connected && (
        <p class="toast small" role="status" data-testid="offline">
          Live updates do not get through. This page asks every few seconds instead.
        </p>
      )}
      {!mayConnect && profilePart}
      {linked && <StatusCard api={api} strava={strava} {...connecting} onSync={sync} />}
      {!linked && <ReceiptsCard {...receipts} isLinked={false} asked={asked} />}
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
        <WorkoutsCard
          page={workouts}
          today={load.days.at(-1)?.date ?? null}
          since={load.days[0]?.date ?? null}
          sportTypes={summary.sportTypes}
          sportType={sportType}
          onSport={dashboard.chooseSport}
          strava={strava}
          isSettled={isSettled}
          onMore={dashboard.loadMore}
        />
      )}
      {mayConnect && (
        <DataCard
          api={api}
          isLinked={linked}
          // Those of one sport are not all.
          workoutsHeld={heldWords(sportType === null ? workouts : null)}
          onDisconnect={disconnect}
        />
      )}
      {linked && <ReceiptsCard {...receipts} isLinked={true} asked={null} />}
      {mayConnect && profilePart}
    </>
  )
}
