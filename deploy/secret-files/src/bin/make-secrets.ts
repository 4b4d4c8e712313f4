import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { faultOfSubscribers } from '@slipstream/nats-auth'
import { ConfigError, readConfig, setting } from '@slipstream/runtime'
import { z } from 'zod'
import { addSecrets, handOver, readSecrets } from '../files.ts'
import { missingSecrets, shareOut, stravaClientSecret } from '../plan.ts'

const subscriberNames = z.string().transform((text, context) => {
  const names = text.split(',').map((name) => name.trim())
  const fault = faultOfSubscribers(names)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  return names
})

const environmentSchema = z.object({
  /** Where the secrets are kept. */
  SECRETS_FOLDER: setting.text().default('/secrets'),
  /** Has a folder for each container. */
  SHARES_FOLDER: setting.text().default('/for'),
  SIMULATES_STRAVA: setting.oneOf('true', 'false').default('false'),
  /** Services of the host that have a user of their own in NATS, comma separated. */
  SUBSCRIBERS: subscriberNames.default([]),
})

/** Makes the secrets that are missing, and hands each container its own. Prints names, never values. */
const main = (): void => {
  const settings = readConfig(environmentSchema, process.env)
  const folder = settings.SECRETS_FOLDER
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = readSecrets(folder)
  const made = missingSecrets(found, {
    simulatesStrava: settings.SIMULATES_STRAVA === 'true',
    subscribers: settings.SUBSCRIBERS,
  })
  addSecrets(folder, made)
  process.stdout.write(
    Object.keys(made).length === 0 ? 'all secrets are there\n' : `made ${Object.keys(made).join(', ')}\n`,
  )
  if (!(stravaClientSecret in { ...found, ...made })) {
    throw new ConfigError([
      `${stravaClientSecret}: put the client secret of your Strava app into this file, beside the others`,
    ])
  }
  for (const [container, share] of Object.entries(shareOut({ ...found, ...made }, settings.SUBSCRIBERS))) {
    handOver(join(settings.SHARES_FOLDER, container), share)
  }
}

try {
  main()
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`)
  process.exitCode = 1
}
