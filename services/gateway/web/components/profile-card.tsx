import type { Profile } from '@slipstream/contracts'

export const ProfileCard = ({ profile, onEdit }: { profile: Profile; onEdit: () => void }) => (
  <section class="card profile" id="profile" aria-label="Your profile" data-testid="profile-card">
    <p>
      <strong data-testid="profile-name">{profile.displayName}</strong>
      <span class="muted">
        {' '}
        · {profile.primarySport}
        {profile.weeklyGoalHours !== null && ` · goal ${profile.weeklyGoalHours} h a week`}
      </span>
    </p>
    <button type="button" class="button plain" data-testid="profile-edit" onClick={onEdit}>
      Edit profile
    </button>
  </section>
)
