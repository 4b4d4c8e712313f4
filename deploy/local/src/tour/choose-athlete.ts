import type { Status } from '@slipstream/contracts'
import type { Control } from '../demo/control.ts'
import { createWebAthlete, type WebAthlete } from '../demo/web-athlete.ts'
import { askAs } from './tour-athlete.ts'
import { TourError } from './tour-error.ts'

/** Not Anna, whom the README signs in, and not the one with hundreds of activities. */
const usualAccounts = ['dana', 'eva', 'ben', 'chris']

type Simulated = Awaited<ReturnType<Control['athletes']>>[number]

export interface ChosenAthlete {
  account: string
  name: string
  web: WebAthlete
  wasLinked: boolean
}

/** Why the tour cannot work with this athlete; null when it can. */
const hindrance = ({ name, connected, stravaAthleteId }: Simulated, { status, athlete }: Status): string | null => {
  if (status === 'active')
    return athlete?.stravaAthleteId === String(stravaAthleteId)
      ? null
      : `${name} is linked to the Strava account of somebody else`
  if (status !== 'not_linked') return `${name}'s link is in trouble (${status}): connect again on the page first`
  return connected ? `${name}'s Strava account is linked by somebody else` : null
}

const lookAt = async (control: Control, gatewayUrl: string, simulated: Simulated) => {
  const { account, stravaAthleteId } = simulated
  const web = createWebAthlete({ gatewayUrl, accessToken: await control.tokenFor(account), stravaAthleteId })
  const status = await askAs(web)<Status>('GET', '/strava/status')
  return { web, status, hindrance: hindrance(simulated, status) }
}

/**
 * The athlete that is named, linked or not, else the first of the usual ones whom nobody has linked.
 * @throws TourError
 */
export const chooseAthlete = async (
  control: Control,
  { gatewayUrl, wanted }: { gatewayUrl: string; wanted?: string | undefined },
): Promise<ChosenAthlete> => {
  const all = await control.athletes()
  const accounts = all.map(({ account }) => account)
  if (wanted !== undefined && !accounts.includes(wanted))
    throw new TourError(`The simulated Strava has no athlete ${JSON.stringify(wanted)}, but ${accounts.join(', ')}.`)
  for (const account of wanted === undefined ? usualAccounts : [wanted]) {
    const simulated = all.find((one) => one.account === account)
    if (!simulated) continue
    const { web, status, hindrance } = await lookAt(control, gatewayUrl, simulated)
    const wasLinked = status.status === 'active'
    if (hindrance === null && (wanted !== undefined || !wasLinked))
      return { account, name: simulated.name, web, wasLinked }
    if (wanted !== undefined) throw new TourError(`${hindrance}.`)
  }
  throw new TourError(
    `${usualAccounts.join(', ')} are all linked. Name the one to work with: npm run tour -- --athlete ${usualAccounts[0]}. ` +
      'They are linked again at the end.',
  )
}
