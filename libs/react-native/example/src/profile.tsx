import type { ProfileSubmission } from '@slipstream/contracts'
import { useState } from 'react'
import { Field, Page, Submit } from './parts.tsx'

/** Strava can be linked once a profile was submitted. */
export const ProfileForm = ({ onSubmit }: { onSubmit: (profile: ProfileSubmission) => void }) => {
  const [displayName, setDisplayName] = useState('')
  const [primarySport, setPrimarySport] = useState('Run')
  return (
    <Page step="Step 2 of 3" title="Your profile">
      <Field label="Name" value={displayName} onChange={setDisplayName} testID="display-name" />
      <Field label="Main sport" value={primarySport} onChange={setPrimarySport} testID="primary-sport" />
      <Submit
        label="Continue"
        onPress={() => onSubmit({ displayName, primarySport, weeklyGoalHours: null })}
        testID="submit-profile"
      />
    </Page>
  )
}
