import { StyleSheet, useColorScheme } from 'react-native'

const light = {
  text: '#1b1f24',
  muted: '#57606a',
  line: '#d0d7de',
  action: '#1b1f24',
  onAction: '#ffffff',
  error: '#a40e26',
}
const dark = {
  text: '#e6edf3',
  muted: '#9aa4ae',
  line: '#3d444d',
  action: '#e6edf3',
  onAction: '#1b1f24',
  error: '#ff9492',
}

const sheetOf = (colours: typeof light) =>
  StyleSheet.create({
    block: { gap: 12 },
    title: { color: colours.text, fontSize: 20, fontWeight: '600' },
    subtitle: { color: colours.text, fontSize: 16, fontWeight: '600' },
    text: { color: colours.text, fontSize: 16, lineHeight: 24 },
    muted: { color: colours.muted, fontSize: 14, lineHeight: 21 },
    link: { color: colours.text, textDecorationLine: 'underline' },
    error: { borderColor: colours.error, borderWidth: 1, borderRadius: 8, padding: 12, gap: 6 },
    errorTitle: { color: colours.error, fontSize: 16, fontWeight: '600' },
    // As high as a thumb needs.
    button: {
      ...{
        minHeight: 48,
        paddingHorizontal: 20,
        alignItems: 'center',
        justifyContent: 'center',
        alignSelf: 'flex-start',
      },
      ...{ backgroundColor: colours.action, borderRadius: 8 },
    },
    buttonText: { color: colours.onAction, fontSize: 16, fontWeight: '600' },
    busy: { opacity: 0.5 },
  })

const lightSheet = sheetOf(light)
const darkSheet = sheetOf(dark)

/** Neutral colours of its own, for light and dark: the button must not look like Strava's. */
export const useLook = () => (useColorScheme() === 'dark' ? darkSheet : lightSheet)
