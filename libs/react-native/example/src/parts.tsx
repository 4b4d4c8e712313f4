import type { ReactNode } from 'react'
import { Pressable, ScrollView, Text, TextInput, View } from 'react-native'
import { useLook } from './look.ts'

export const Page = ({ step, title, children }: { step: string; title: string; children: ReactNode }) => {
  const look = useLook()
  return (
    <ScrollView style={look.paper} contentContainerStyle={{ flexGrow: 1 }}>
      <View role="main" style={look.page}>
        <View>
          <Text style={look.step}>{step}</Text>
          <Text role="heading" aria-level={1} style={look.title}>
            {title}
          </Text>
        </View>
        {children}
      </View>
    </ScrollView>
  )
}

interface FieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  testID: string
  isSecret?: boolean
}

export const Field = ({ label, value, onChange, testID, isSecret = false }: FieldProps) => {
  const look = useLook()
  return (
    <View style={look.field}>
      <Text style={look.text}>{label}</Text>
      <TextInput
        aria-label={label}
        autoCapitalize="none"
        autoCorrect={false}
        secureTextEntry={isSecret}
        style={look.input}
        value={value}
        onChangeText={onChange}
        testID={testID}
      />
    </View>
  )
}

export const Submit = ({ label, onPress, testID }: { label: string; onPress: () => void; testID: string }) => {
  const look = useLook()
  return (
    <Pressable role="button" onPress={onPress} style={look.button} testID={testID}>
      <Text style={look.buttonText}>{label}</Text>
    </Pressable>
  )
}

export const Quiet = ({ label, onPress, testID }: { label: string; onPress: () => void; testID: string }) => {
  const look = useLook()
  return (
    <Pressable role="button" onPress={onPress} style={look.quiet} testID={testID}>
      <Text style={[look.text, { textDecorationLine: 'underline' }]}>{label}</Text>
    </Pressable>
  )
}
