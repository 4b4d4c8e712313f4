import { type ActionableError, adviceOn, type ShownError } from '@slipstream/contracts'
import type { ComponentChildren } from 'preact'

/** Actions with a place on this page; the others need only words. */
const actionLabels: Partial<Record<string, string>> = {
  submit_profile: 'Go to your profile',
  connect: 'Go to Connect with Strava',
  reconnect: 'Go to Connect with Strava',
}

const Action = ({ error }: { error: ActionableError }) => {
  const label = actionLabels[error.action]
  const target = error.actionUrl?.startsWith('/#') ? error.actionUrl.slice(1) : null
  if (error.actor !== 'athlete' || label === undefined || target === null) return null
  return (
    <a href={target} data-testid="error-action">
      {label}
    </a>
  )
}

/** An error of the catalogue: what happened, what it means, who can do what. `children` are buttons that help. */
export const ErrorPanel = ({ error, children }: { error: ShownError; children?: ComponentChildren }) => {
  const advice = adviceOn(error)
  return (
    <div
      class={`panel ${error.actor === 'nobody' ? 'wait' : 'error'}`}
      role="alert"
      data-testid="error"
      data-code={error.code}
    >
      <p class="panel-title" data-testid="error-title">
        {error.title}
      </p>
      <p data-testid="error-detail">{error.detail}</p>
      {advice !== null && (
        <p data-testid="error-way-out" class="muted">
          {advice}
        </p>
      )}
      <div class="actions">
        <Action error={error} />
        {children}
      </div>
    </div>
  )
}
