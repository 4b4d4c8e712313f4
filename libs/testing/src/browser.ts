import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'

const namesOnPath = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Chromium's own sandbox refuses to run as root, which containers and CI machines usually are. */
const sandboxArguments = process.getuid?.() === 0 ? ['--no-sandbox'] : []

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const findOnPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => namesOnPath.map((name) => join(folder, name)))
    .find(isExecutable)

/** A dependency, so that a fresh Linux machine needs nothing but `npm ci`; it unpacks on first use. */
const packagedBrowser = async (): Promise<string | null> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const { default: packaged } = await import('@sparticuz/chromium')
  return packaged.executablePath()
}

/** What to tell the person whose machine has no browser. */
export const howToGetBrowser = 'install Chromium or Chrome, or name one: export CHROME_PATH=/path/to/chrome'

/** The Chromium named by `CHROME_PATH`, else one on the PATH, else the packaged one (Linux x64); null without any. */
export const findBrowser = async (): Promise<string | null> =>
  process.env.CHROME_PATH ?? findOnPath() ?? (await packagedBrowser())

/**
 * Opens a headless Chromium with its web security on (the packaged one's recommended arguments would switch that off).
 * The caller closes it. Throws when there is none; see `findBrowser`.
 */
export const launchBrowser = async (): Promise<Browser> => {
  const executablePath = await findBrowser()
  if (executablePath === null) throw new Error(`no browser found: ${howToGetBrowser}`)
  // Loaded on demand: most users of this library never open a browser.
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath, args: sandboxArguments, headless: true })
}
