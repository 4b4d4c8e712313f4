import { ConnectButton, type ConnectProps } from './connect-button.tsx'

/** Tells what Strava's API policy (2.1, 2.4, 7.2) wants told before consent: data, purpose, time, who, withdrawal, deletion. */
export const ConnectCard = (props: ConnectProps) => (
  <section class="card connect" id="connect" aria-labelledby="connect-title" data-testid="connect-card">
    <h2 id="connect-title">Connect your Strava account</h2>
    <p>
      We read your name and your activities, private ones included and maps left out, to show you your workouts and your
      training load. Nobody else here sees them. We keep them while you are connected; Disconnect deletes all of it at
      once, and you get a receipt.
    </p>
    <p>You are taken to Strava, where you choose what to allow. Leave every box ticked there.</p>
    <ConnectButton {...props} />
    <dl class="consent" data-testid="consent-text">
      <div>
        <dt>What is read</dt>
        <dd>
          Your name and athlete number, and your activities of the last four weeks and from now on, private ones
          included: name, sport, time, distance, duration, elevation, heart rate, cadence, power, effort and device. No
          routes and no maps. Nothing is ever written to Strava.
        </dd>
      </div>
      <div>
        <dt>What for</dt>
        <dd>
          To show your workouts and your training load, here and in the services of this application that you use. Not
          for advertising, not for sale, and not in or for AI.
        </dd>
      </div>
      <div>
        <dt>Who sees it</dt>
        <dd>
          You, and nobody else who uses this application. Strava may record how this application uses its interface.
        </dd>
      </div>
      <div>
        <dt>How long it is kept</dt>
        <dd>
          While you are connected. What you delete at Strava is deleted here within two days; should access end there,
          all of it seven days later.
        </dd>
      </div>
      <div>
        <dt>How to take it back</dt>
        <dd>
          Press Disconnect here at any time: everything that came from Strava is deleted at once, and you get a receipt.
          Removing this application in your{' '}
          <a href="https://www.strava.com/settings/apps" target="_blank" rel="noreferrer">
            Strava settings
          </a>{' '}
          ends the access as well.
        </dd>
      </div>
    </dl>
  </section>
)
