import type { Finding } from '../finding.ts'

/** Strava's guidelines want consent to begin at its official button, whose image may not be handed on with this software. */
export const judgeButton = ({ image, isStrava }: { image: string | null; isStrava: boolean }): Finding[] => {
  if (image !== null) return []
  return [
    {
      code: 'strava_button_missing',
      severity: isStrava ? 'warning' : 'info',
      problem: 'people begin at a button in words: the official "Connect with Strava" image is not set up',
      actor: 'operator',
      fix: 'Download the image from https://developers.strava.com/guidelines/, put it where browsers can get it, and name its address in STRAVA_BUTTON_IMAGE; the page shows it then. Show it in your app, too.',
    },
  ]
}
