import type { Profile } from '@slipstream/contracts'
import { useEffect, useRef } from 'preact/hooks'

interface ProfileCardProps {
  profile: Profile
  /** It takes the place of the form, and the focus that was there. */
  isBack: boolean
  onEdit: () => void
}

export const ProfileCard = ({ profile, isBack, onEdit }: ProfileCardProps) => {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (isBack) button.current?.focus()
  }, [isBack])
  return (
    <section class="card profile" id="profile" aria-label="Your profile" data-testid="profile-card">
      <p>
        <strong data-testid="profile-name">{profile.displayName}</strong>
        <span class="muted">
          {' '}
          · {profile.primarySport}
          {profile.weeklyGoalHours !== null && ` · goal ${profile.weeklyGoalHours} h a week`}
        </span>
      </p>
      <button ref={button} type="button" class="button plain" data-testid="profile-edit" onClick={onEdit}>
        Edit profile
      </button>
    </section>
  )
}
