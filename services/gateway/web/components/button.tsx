import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

interface ButtonProps {
  children: ComponentChildren
  testId: string
  onPress: () => Promise<unknown> | undefined
  kind?: 'primary' | 'plain' | 'danger' | 'image'
  /** Busy for a reason outside the button, such as a sync already running. */
  busy?: boolean
}

/**
 * Ignores presses while its own work runs. It stays focusable then (`aria-disabled`, not `disabled`): a keyboard
 * user would otherwise lose their place on the page.
 */
export const Button = ({ children, testId, onPress, kind = 'plain', busy = false }: ButtonProps) => {
  const [working, setWorking] = useState(false)
  const blocked = busy || working

  const press = async (): Promise<void> => {
    if (blocked) return
    setWorking(true)
    try {
      await onPress()
    } finally {
      setWorking(false)
    }
  }

  return (
    <button type="button" class={`button ${kind}`} data-testid={testId} aria-disabled={blocked} onClick={press}>
      {children}
    </button>
  )
}
