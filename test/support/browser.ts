import { findBrowser, howToGetBrowser } from '@slipstream/testing'

/** Without a browser its tests are skipped and that is said; not so in CI, where it throws. */
export const hasBrowser = async (): Promise<boolean> => {
  if ((await findBrowser()) !== null) return true
  if (process.env.CI) throw new Error(`browser tests must not be skipped here: ${howToGetBrowser}`)
  console.warn(`Browser tests are skipped: ${howToGetBrowser}`)
  return false
}
