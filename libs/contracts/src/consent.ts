interface ConsentLink {
  label: string
  url: string
}

/** One thing to know before consent; `text` is read as one paragraph. */
export interface ConsentParagraph {
  title: string
  text: readonly (string | ConsentLink)[]
}

/** What Strava's API policy (2.1, 2.4, 7.2) wants told before consent: data, purpose, who, time, withdrawal, deletion. */
export const consentParagraphs: readonly ConsentParagraph[] = [
  {
    title: 'What is read',
    text: [
      'Your name and athlete number, and your activities of the last four weeks and from now on, private ones included: name, sport, time, distance, duration, elevation, heart rate, cadence, power, effort and device. No routes and no maps. Nothing is ever written to Strava.',
    ],
  },
  {
    title: 'What for',
    text: [
      'To show your workouts and your training load, here and in the services of this application that you use. Not for advertising, not for sale, and not in or for AI.',
    ],
  },
  {
    title: 'Who sees it',
    text: [
      'You, and nobody else who uses this application. Strava may record how this application uses its interface.',
    ],
  },
  {
    title: 'How long it is kept',
    text: [
      'While you are connected. What you delete at Strava is deleted here within two days; should access end there, all of it seven days later.',
    ],
  },
  {
    title: 'How to take it back',
    text: [
      'Press Disconnect here at any time: everything that came from Strava is deleted at once, and you get a receipt. Removing this application in your ',
      { label: 'Strava settings', url: 'https://www.strava.com/settings/apps' },
      ' ends the access as well.',
    ],
  },
]
