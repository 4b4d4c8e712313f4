import * as ExpoCrypto from 'expo-crypto'
import * as SecureStore from 'expo-secure-store'
import * as WebBrowser from 'expo-web-browser'
import { Platform } from 'react-native'
import type { Browser, Clock, Crypto, Storage } from '../src/ports.ts'

const toBase64Url = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const expoCrypto: Crypto = {
  newSecret: async () => {
    const bytes = await ExpoCrypto.getRandomBytesAsync(32)
    return toBase64Url(btoa(String.fromCharCode(...bytes)))
  },
  sha256: async (text) =>
    toBase64Url(
      await ExpoCrypto.digestStringAsync(ExpoCrypto.CryptoDigestAlgorithm.SHA256, text, {
        encoding: ExpoCrypto.CryptoEncoding.BASE64,
      }),
    ),
}

/** ASWebAuthenticationSession on iOS, Custom Tabs on Android. */
const systemBrowser: Browser = {
  open: async (connectUrl, returnUrl) => {
    const session = await WebBrowser.openAuthSessionAsync(connectUrl, returnUrl)
    if (session.type === 'success') return { kind: 'returned', url: session.url }
    // Android has no more to say than that the app is in front again, and may say so before the deep link is delivered.
    return { kind: Platform.OS === 'android' ? 'left' : 'cancelled' }
  },
}

/** Keychain on iOS, Keystore on Android; it stays on this device, out of backups that go to another. */
const secureStorage: Storage = {
  get: (key) => SecureStore.getItemAsync(key),
  set: (key, value) =>
    SecureStore.setItemAsync(key, value, { keychainAccessible: SecureStore.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY }),
  remove: (key) => SecureStore.deleteItemAsync(key),
}

/**
 * In a web page the page itself goes to Strava, and the return opens the app anew. A popup, which is what `openAuthSessionAsync` takes there,
 * would be cut off: pages on the way send `Cross-Origin-Opener-Policy`, and phones block it.
 */
const pageItself: Browser = {
  open: (connectUrl) =>
    new Promise((resolve) => {
      // Gone back to from Strava, the page may be shown again as it was left.
      const onShow = (event: PageTransitionEvent) => {
        if (!event.persisted) return
        removeEventListener('pageshow', onShow)
        resolve({ kind: 'cancelled' })
      }
      addEventListener('pageshow', onShow)
      location.assign(connectUrl)
    }),
}

const pageStorage: Storage = {
  get: async (key) => localStorage.getItem(key),
  set: async (key, value) => localStorage.setItem(key, value),
  remove: async (key) => localStorage.removeItem(key),
}

const isWeb = Platform.OS === 'web'

const systemClock: Clock = {
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}

/** What Expo has for the logic of linking: expo-crypto, expo-web-browser and expo-secure-store. */
export const expoPorts = {
  crypto: expoCrypto,
  browser: isWeb ? pageItself : systemBrowser,
  storage: isWeb ? pageStorage : secureStorage,
  clock: systemClock,
}
