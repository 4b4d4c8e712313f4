import type { Finding } from '../finding.ts'

/** Strava's guidelines want consent to begin at its official button, whose image may not be handed on with this software. */
export const judgeButton = ({ image, isStrava }: { image: string | null; isStrava: boolean }): Finding[] => {
  if (image !== null) return []
  return [
    {
      code: 'strava_button_missing',
      severity: isStrava ? 'warning' : 'info',
      problem: 'people begin at a button in words: the official "Connect with Strava" image is not set up',
      actor: 'developer',
      fix: 'Download the image from https://developers.strava.com/guidelines/ and show it where people of your app begin, then name its file in STRAVA_BUTTON_IMAGE. The page of this release keeps its button in words.',
    },
  ]
}
