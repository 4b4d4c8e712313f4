import { useState } from 'preact/hooks'
import { Button } from './button.tsx'

export interface ConnectProps {
  /** Gives the address at which linking goes on, or undefined when it cannot begin. */
  onConnect: () => Promise<string | undefined>
}

/** Plain text in Strava's orange: the official button image may not be redistributed, its wording is prescribed. */
export const ConnectButton = ({ onConnect }: ConnectProps) => {
  const [leaving, setLeaving] = useState(false)
  const leave = async (): Promise<void> => {
    setLeaving(true)
    const connectUrl = await onConnect()
    if (connectUrl === undefined) setLeaving(false)
    else location.assign(connectUrl)
  }
  return (
    <>
      <Button testId="connect" kind="strava" busy={leaving} onPress={leave}>
        Connect with Strava
      </Button>
      {leaving && (
        <p class="muted" role="status">
          Opening Strava…
        </p>
      )}
    </>
  )
}
