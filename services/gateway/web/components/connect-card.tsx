import { consentParagraphs } from '@slipstream/contracts'
import { ConnectButton, type ConnectProps } from './connect-button.tsx'

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
      {consentParagraphs.map(({ title, text }) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>
            {text.map((part) =>
              typeof part === 'string' ? (
                part
              ) : (
                <a key={part.url} href={part.url} target="_blank" rel="noreferrer">
                  {part.label}
                </a>
              ),
            )}
          </dd>
        </div>
      ))}
    </dl>
  </section>
)
