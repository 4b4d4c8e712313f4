import { StyleSheet } from 'react-native'

export const look = StyleSheet.create({
  page: { padding: 24, gap: 20, maxWidth: 560, width: '100%', alignSelf: 'center' },
  title: { fontSize: 26, fontWeight: '700', color: '#1b1f24' },
  text: { fontSize: 16, lineHeight: 24, color: '#1b1f24' },
  step: { fontSize: 14, color: '#57606a' },
  field: { gap: 6 },
  input: { borderWidth: 1, borderColor: '#8c959f', borderRadius: 8, padding: 12, fontSize: 16, minHeight: 48 },
  button: {
    minHeight: 48,
    borderRadius: 8,
    backgroundColor: '#1b1f24',
    alignItems: 'center',
    justifyContent: 'center',
  },
  buttonText: { color: '#ffffff', fontSize: 16, fontWeight: '600' },
  quiet: { minHeight: 48, justifyContent: 'center', alignSelf: 'flex-start' },
  row: { flexDirection: 'row', alignItems: 'baseline', justifyContent: 'space-between', gap: 12, paddingVertical: 6 },
  error: { color: '#a40e26', fontSize: 16 },
})
