import { ConnectButton, type ConnectProps } from './connect-button.tsx'

/** Tells what Strava's API policy (2.1, 2.4, 7.2) wants told before consent: data, method, withdrawal, deletion. */
export const ConnectCard = (props: ConnectProps) => (
  <section class="card" id="connect" aria-labelledby="connect-title" data-testid="connect-card">
    <h2 id="connect-title">Connect your Strava account</h2>
    <p>You are taken to Strava, where you choose what to allow. Leave every box ticked there.</p>
    <ConnectButton {...props} />
    <div class="consent" data-testid="consent-text">
      <h3>What is read</h3>
      <p>
        Your name and athlete number at Strava, and your activities of the last four weeks and from now on, private ones
        included: name, sport, time, distance, duration, elevation, heart rate, cadence, power, effort and device.
        Routes and maps are not kept. Nothing is ever written to Strava.
      </p>
      <h3>How it is used</h3>
      <p>
        Activities are fetched from Strava regularly and shown as workouts to you and passed to the services of this
        application that you use. They are not sold, not used for advertising and not used in or for AI. Strava may
        record how this application uses its API.
      </p>
      <h3>How to withdraw</h3>
      <p>
        Press Disconnect here at any time: everything that came from Strava is then deleted, and you get a receipt that
        confirms it. Removing the application in your{' '}
        <a href="https://www.strava.com/settings/apps" target="_blank" rel="noreferrer">
          Strava settings
        </a>{' '}
        ends the access as well. Disconnect here too to have everything deleted at once.
      </p>
    </div>
  </section>
)
