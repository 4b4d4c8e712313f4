import { useState } from 'react'
import { Text } from 'react-native'
import { useLook } from './look.ts'
import { Field, Page, Submit } from './parts.tsx'
import type { Session } from './session.ts'

/** Stands in for the host's own sign-in: an access token is pasted. */
export const SignIn = ({ onSignIn }: { onSignIn: (session: Session) => void }) => {
  const look = useLook()
  const [gatewayUrl, setGatewayUrl] = useState('http://localhost:3000')
  const [accessToken, setAccessToken] = useState('')
  return (
    <Page step="Step 1 of 3" title="Sign in">
      <Text style={look.text}>
        Your app signs people in its own way. Here, paste an access token; the README of this example says where a demo
        token comes from.
      </Text>
      <Field label="Address of the gateway" value={gatewayUrl} onChange={setGatewayUrl} testID="gateway-url" />
      <Field label="Access token" value={accessToken} onChange={setAccessToken} testID="access-token" isSecret />
      <Submit
        label="Sign in"
        onPress={() => onSignIn({ gatewayUrl: gatewayUrl.trim(), accessToken: accessToken.trim() })}
        testID="sign-in"
      />
    </Page>
  )
}
