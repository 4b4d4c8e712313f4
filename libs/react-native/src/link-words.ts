import type { LinkState } from './link-decision.ts'

/** What goes on while an attempt is under way; null when none is. */
export const progressSentence = ({ step }: LinkState): string | null => {
  if (step === 'starting') return 'Opening Strava…'
  if (step === 'in_browser') return 'Waiting for you to come back from Strava…'
  return step === 'returning' || step === 'completing' ? 'Finishing…' : null
}

export const cancelledSentence = 'You came back before Strava was connected. Nothing was linked.'
