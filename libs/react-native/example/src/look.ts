import { StyleSheet, useColorScheme } from 'react-native'

const light = { paper: '#ffffff', text: '#1b1f24', muted: '#57606a', line: '#8c959f', error: '#a40e26' }
const dark = { paper: '#0d1117', text: '#e6edf3', muted: '#9aa4ae', line: '#6e7681', error: '#ff9492' }

const sheetOf = (colours: typeof light) =>
  StyleSheet.create({
    paper: { backgroundColor: colours.paper },
    page: { padding: 24, gap: 20, maxWidth: 560, width: '100%', alignSelf: 'center' },
    title: { fontSize: 26, fontWeight: '700', color: colours.text },
    text: { fontSize: 16, lineHeight: 24, color: colours.text },
    step: { fontSize: 14, color: colours.muted },
    field: { gap: 6 },
    input: {
      borderWidth: 1,
      borderColor: colours.line,
      borderRadius: 8,
      color: colours.text,
      padding: 12,
      fontSize: 16,
      minHeight: 48,
    },
    button: {
      minHeight: 48,
      borderRadius: 8,
      backgroundColor: colours.text,
      alignItems: 'center',
      justifyContent: 'center',
    },
    buttonText: { color: colours.paper, fontSize: 16, fontWeight: '600' },
    quiet: { minHeight: 48, justifyContent: 'center', alignSelf: 'flex-start' },
    row: { flexDirection: 'row', alignItems: 'baseline', justifyContent: 'space-between', gap: 12, paddingVertical: 6 },
    error: { color: colours.error, fontSize: 16 },
  })

const lightSheet = sheetOf(light)
const darkSheet = sheetOf(dark)

export const useLook = () => (useColorScheme() === 'dark' ? darkSheet : lightSheet)
