import type { Control } from '../../../services/simulator/src/control.ts'
import { createSimulator } from '../../../services/simulator/src/service.ts'
import type { StravaUnderTest } from './contract-cases.ts'

const authorizeQuery = {
  response_type: 'code',
  redirect_uri: 'http://localhost:3000/callback',
  state: 'state',
}

/** The simulator, in this process. Its clock stands still, so that no quota window can end within a test. */
export const startSimulatedStrava = async (): Promise<StravaUnderTest> => {
  const startedAt = new Date()
  const application = { clientId: '12345', clientSecret: 'simulator-secret' }
  const simulator = createSimulator({}, { clock: { now: () => startedAt } })
  await simulator.start()
  const { url } = simulator

  const fresh = (): Control => {
    simulator.control.reset()
    return simulator.control
  }
  const freshAccess = (): { control: Control; accessToken: string } => {
    const control = fresh()
    return { control, accessToken: control.grant('chris').accessToken }
  }

  /** Consents as a browser would, and takes the code from the redirect. */
  const freshCode = async (): Promise<string> => {
    fresh()
    const answer = await fetch(`${url}/oauth/authorize`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        ...authorizeQuery,
        client_id: application.clientId,
        requested_scope: 'read,activity:read_all',
        scope: 'activity:read_all',
        athlete_id: 'anna',
        decision: 'allow',
      }),
    })
    const code = new URL(answer.headers.get('location') ?? url).searchParams.get('code')
    if (!code) throw new Error(`no code in the redirect (HTTP ${answer.status})`)
    return code
  }

  const passing = {
    error: { kind: 'status', status: 500, body: 'fault' },
    bad_gateway: { kind: 'status', status: 502, body: 'html' },
    cut: { kind: 'cut' },
  } as const

  return {
    url,
    application,
    stop: () => simulator.stop(),
    given: {
      freshCode,
      spentCode: async () => {
        const code = await freshCode()
        await fetch(`${url}/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            client_id: application.clientId,
            client_secret: application.clientSecret,
            grant_type: 'authorization_code',
            code,
          }),
        })
        return code
      },
      freshGrant: async () => fresh().grant('chris'),
      grantThatIsRevokedNext: async () => fresh().grant('chris'),
      deadTokens: async () => {
        const control = fresh()
        const tokens = control.grant('chris')
        control.revoke('chris')
        return tokens
      },
      unknownToken: async () => '0'.repeat(40),
      wrongApplication: async (what) =>
        what === 'id' ? { ...application, clientId: '1' } : { ...application, clientSecret: 'wrong' },
      athleteWithPages: async () => {
        const control = fresh()
        const { accessToken } = control.grant('chris')
        control.setFaults({ behaviour: { shortPages: true } })
        const activityCount = control.athletes().find(({ account }) => account === 'chris')?.activityCount ?? 0
        return { accessToken, perPage: 20, activityCount }
      },
      oneActivity: async () => {
        const { control, accessToken } = freshAccess()
        return { accessToken, stravaActivityId: String(control.addActivity('chris').id) }
      },
      noActivity: async () => {
        const { control, accessToken } = freshAccess()
        const { id } = control.addActivity('chris')
        control.deleteActivity(id)
        return { accessToken, stravaActivityId: String(id) }
      },
      noActivityScope: async () => fresh().grant('chris', { scopes: ['read'] }).accessToken,
      quotaForOneCall: async () => {
        const { control, accessToken } = freshAccess()
        control.setLimits({ read: { quarterHour: 1 } })
        return accessToken
      },
      inactiveApplication: async () => {
        const control = fresh()
        const tokens = control.grant('chris')
        control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
        return tokens
      },
      passingFailure: async (failure, times) => {
        const { control, accessToken } = freshAccess()
        control.setFaults({ rules: [{ endpoint: 'activities', effect: passing[failure], times }] })
        return accessToken
      },
      oddQuotaHeaders: async (mode) => {
        const { control, accessToken } = freshAccess()
        control.setFaults({ behaviour: { rateHeaders: mode } })
        return accessToken
      },
    },
  }
}
