import { dataDirOf, type Environment, readDemoSettings } from '@slipstream/runtime'

export class NotRunningError extends Error {
  override readonly name = 'NotRunningError'
  readonly code = 'not_running'
}

/**
 * What to work with: the environment where it makes the setting that decides, else the demo that runs here. Never a mix of two
 * systems.
 * @throws NotRunningError where there is neither
 */
export const systemSettings = async (env: Environment, deciding: string): Promise<Environment> => {
  if (env[deciding]) return env
  const demo = await readDemoSettings(dataDirOf(env))
  if (!demo) {
    throw new NotRunningError(
      `No running system found. Start it with npm start in another terminal, or set ${deciding}.`,
    )
  }
  return { ...demo, ...env }
}
