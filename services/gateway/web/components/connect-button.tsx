import { useState } from 'preact/hooks'
import { Button } from './button.tsx'

export interface ConnectProps {
  /** Gives the address at which linking goes on, or undefined when it cannot begin. */
  onConnect: () => Promise<string | undefined>
  /** Strava's own button, 48 px high; null: plain text. */
  buttonImage: string | null
}

/**
 * The image that the operator has set, or a button of ours with the prescribed words: the official one may not be passed on with
 * this software, nor imitated. An image that does not load leaves the words.
 */
export const ConnectButton = ({ onConnect, buttonImage }: ConnectProps) => {
  const [leaving, setLeaving] = useState(false)
  const [isBroken, setBroken] = useState(false)
  const image = isBroken ? null : buttonImage
  const leave = async (): Promise<void> => {
    setLeaving(true)
    const connectUrl = await onConnect()
    if (connectUrl === undefined) setLeaving(false)
    else location.assign(connectUrl)
  }
  return (
    <>
      <Button testId="connect" kind={image === null ? 'primary' : 'image'} busy={leaving} onPress={leave}>
        {image === null ? (
          'Connect with Strava'
        ) : (
          <img src={image} alt="Connect with Strava" height="48" onError={() => setBroken(true)} />
        )}
      </Button>
      {leaving && (
        <p class="muted" role="status">
          Opening Strava…
        </p>
      )}
    </>
  )
}
