import { ConnectStravaStep, useStravaLink } from '@slipstream/react-native'
import { Text, View } from 'react-native'

const getToken = async () => null

export const App = () => {
  const link = useStravaLink({ baseUrl: 'http://localhost:3000', getToken, returnUrl: 'coachai://oauth/strava' })
  return (
    <View>
      <Text>Onboarding</Text>
      <ConnectStravaStep link={link} buttonImage={null} onLinked={() => {}} />
    </View>
  )
}
