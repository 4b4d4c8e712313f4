import { consentParagraphs } from '@slipstream/contracts/consent'
import { Fragment } from 'react'
import { Linking, Text, View } from 'react-native'
import { useLook } from './look.ts'

export const ConsentText = () => {
  const look = useLook()
  return (
    <View style={look.block} testID="consent-text">
      {consentParagraphs.map(({ title, text }) => (
        <Fragment key={title}>
          <Text role="heading" aria-level={3} style={look.subtitle}>
            {title}
          </Text>
          <Text style={look.muted}>
            {text.map((part) =>
              typeof part === 'string' ? (
                part
              ) : (
                <Text key={part.url} role="link" style={look.link} onPress={() => void Linking.openURL(part.url)}>
                  {part.label}
                </Text>
              ),
            )}
          </Text>
        </Fragment>
      ))}
    </View>
  )
}
