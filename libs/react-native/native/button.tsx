import type { ReactNode } from 'react'
import { Pressable, Text } from 'react-native'
import { useLook } from './look.ts'

interface ButtonProps {
  label: string
  onPress: () => void
  testID: string
  isBusy?: boolean
  /** In place of the label, which is then read out only. */
  children?: ReactNode
}

export const Button = ({ label, onPress, testID, isBusy = false, children }: ButtonProps) => {
  const look = useLook()
  return (
    <Pressable
      role="button"
      aria-label={label}
      aria-disabled={isBusy}
      aria-busy={isBusy}
      disabled={isBusy}
      onPress={onPress}
      style={[children === undefined && look.button, isBusy && look.busy]}
      testID={testID}
    >
      {children ?? <Text style={look.buttonText}>{label}</Text>}
    </Pressable>
  )
}
