import { beforeEach, describe, expect, it } from 'vitest'
import { jsonOf, settableClock, startSimulator, withBearer } from './support.ts'

const clock = settableClock('2026-11-20T10:02:00Z')
const simulator = await startSimulator({}, { clock })

const get = (path: string, accessToken: string) => withBearer(`${simulator.url}/api/v3${path}`, accessToken)
const tokenOf = (account: string, scopes?: ('read' | 'activity:read' | 'profile:read_all')[]) =>
  simulator.control.grant(account, scopes ? { scopes } : {}).accessToken

beforeEach(() => simulator.control.reset())

describe('listing', () => {
  it('pages through all 450 activities of a busy athlete, newest first, to an empty page', async () => {
    const token = tokenOf('busy')
    const starts: string[] = []
    const ids = new Set<number>()
    for (let page = 1; ; page += 1) {
      const list = await jsonOf<{ id: number; start_date: string }[]>(
        get(`/athlete/activities?per_page=200&page=${page}`, token),
      )
      if (list.length === 0) break
      for (const activity of list) {
        ids.add(activity.id)
        starts.push(activity.start_date)
      }
    }
    expect(ids.size).toBe(450)
    expect(starts).toEqual(starts.toSorted().reverse())
  })

  it('has 30 to a page unless asked, and refuses more than 200', async () => {
    const token = tokenOf('busy')
    expect(await (await get('/athlete/activities', token)).json()).toHaveLength(30)
    expect((await get('/athlete/activities?per_page=201', token)).status).toBe(400)
    expect((await get('/athlete/activities?page=0', token)).status).toBe(400)
    expect((await get('/athlete/activities?after=yesterday', token)).status).toBe(400)
  })

  it('has oldest first with after alone', async () => {
    const after = Math.floor(clock.now().getTime() / 1000) - 5 * 86_400
    const list = await jsonOf<{ start_date: string }[]>(
      get(`/athlete/activities?after=${after}&per_page=200`, tokenOf('busy')),
    )
    const starts = list.map(({ start_date }) => start_date)
    expect(starts.length).toBeGreaterThan(50)
    expect(starts).toEqual(starts.toSorted())
  })

  it('shows a late upload under its old start time', async () => {
    const token = tokenOf('anna')
    const late = simulator.control.lateUpload('anna', { startedHoursAgo: 50 })
    const list = await jsonOf<{ id: number }[]>(get('/athlete/activities?per_page=5', token))
    expect(list.map(({ id }) => id)).toContain(late.id)
    expect(late.start_date).toBe('2026-11-18T08:02:00Z')
  })
})

describe('a hidden start', () => {
  it.each(['shown_start', 'true_start'] as const)('is not told by a list that goes by the %s', async (listedBy) => {
    simulator.control.setFaults({ behaviour: { listedBy } })
    const token = tokenOf('dana')
    // In Utrecht at one in the afternoon of the day before.
    const { id } = simulator.control.addActivity('dana', { startedHoursAgo: 22, hideStartTime: true })
    const since = Date.parse('2026-11-19T06:00:00Z') / 1000
    const listed = async (query: string) =>
      jsonOf<{ id: number }[]>(get(`/athlete/activities?per_page=200${query}`, token))
    const all = await listed('')
    expect(all.find((activity) => activity.id === id)).toMatchObject({
      start_date: '2026-11-19T00:00:01Z',
      start_date_local: '2026-11-19T00:00:01Z',
    })
    const detail = await (await get(`/activities/${id}`, token)).text()
    expect(JSON.stringify(all) + detail).not.toMatch(/hidden_start|2026-11-19T12:02/)
    const later = (await listed(`&after=${since}`)).map((activity) => activity.id)
    expect(later.includes(id)).toBe(listedBy === 'true_start')
  })
})

describe('a distorted activity', () => {
  const shownOf = async (id: number) => {
    const token = tokenOf('anna')
    const list = await jsonOf<{ id: number }[]>(get('/athlete/activities?per_page=5', token))
    const detail = await jsonOf<object>(get(`/activities/${id}`, token))
    return [list.find((each) => each.id === id), detail]
  }

  it.each([
    ['half a surrogate pair', { name: 'Sunset ride \ud83d' }],
    ['a leap second', { start_date_local: '2016-12-31T23:59:60Z' }],
    ['seven weeks', { moving_time: 4_208_365, elapsed_time: 4_208_365 }],
    ['nothing readable', { start_date: 17, distance: {}, sport_type: null }],
  ])('shows %s on the list and alone', async (_name, fields) => {
    const { id } = simulator.control.addActivity('anna', { distortion: { fields } })
    for (const shown of await shownOf(id)) expect(shown).toMatchObject(fields)
  })

  it('lacks fields, keeps its place on the list, and is shown as it is again', async () => {
    const { id } = simulator.control.addActivity('anna')
    simulator.control.editActivity(id, { distortion: { without: ['start_date_local', 'start_date'] } })
    const [listed, detail] = await shownOf(id)
    expect(listed).not.toHaveProperty('start_date_local')
    expect(detail).toMatchObject({ timezone: '(GMT+01:00) Europe/Berlin', resource_state: 3 })
    simulator.control.editActivity(id, { distortion: null })
    for (const shown of await shownOf(id)) expect(shown).toHaveProperty('start_date_local')
  })

  it('can have estimated power', () => {
    const ride = simulator.control.addActivity('ben', { sportType: 'Ride', power: 'estimated' })
    expect(ride).toMatchObject({ device_watts: false, average_watts: expect.any(Number) })
  })
})

describe('scopes', () => {
  it('without one for activities are refused by name', async () => {
    const response = await get('/athlete/activities', tokenOf('anna', ['read']))
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({
      message: 'Authorization Error',
      errors: [{ resource: 'AccessToken', field: 'activity:read_permission', code: 'missing' }],
    })
  })

  it('activity:read hides Only You activities from list and detail', async () => {
    const hidden = simulator.control.addActivity('anna', { visibility: 'only_me' })
    const narrow = tokenOf('anna', ['read', 'activity:read'])
    const listed = await jsonOf<{ id: number }[]>(get('/athlete/activities', narrow))
    expect(listed.map(({ id }) => id)).not.toContain(hidden.id)
    expect((await get(`/activities/${hidden.id}`, narrow)).status).toBe(404)
    expect((await get(`/activities/${hidden.id}`, tokenOf('anna'))).status).toBe(200)
  })

  it('profile:read_all shows the detailed athlete', async () => {
    expect(await (await get('/athlete', tokenOf('anna'))).json()).toMatchObject({ resource_state: 2 })
    expect(await (await get('/athlete', tokenOf('ben', ['read', 'profile:read_all']))).json()).toMatchObject({
      resource_state: 3,
      ftp: 265,
    })
  })
})

describe('one activity', () => {
  it('carries ids beyond 2^53 as bare integers', async () => {
    const { id } = simulator.control.addActivity('anna')
    const text = await (await get(`/activities/${id}`, tokenOf('anna'))).text()
    const [, effortId] = /"segment_efforts":\[\{"id":(\d+),/.exec(text) ?? []
    expect(BigInt(effortId!)).toBeGreaterThan(2n ** 53n)
    expect(JSON.parse(text)).toMatchObject({ id, resource_state: 3 })
  })

  it.each([
    ['of somebody else', () => simulator.control.addActivity('ben').id],
    [
      'that was deleted',
      () => {
        const { id } = simulator.control.addActivity('anna')
        simulator.control.deleteActivity(id)
        return id
      },
    ],
    ['that never was', () => 1],
  ])('%s is not found', async (_name, idOf) => {
    const response = await get(`/activities/${idOf()}`, tokenOf('anna'))
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      message: 'Resource Not Found',
      errors: [{ resource: 'Activity', field: '', code: 'not found' }],
    })
  })
})

describe('the bearer token', () => {
  it('counts in the header only', async () => {
    const token = tokenOf('anna')
    expect((await fetch(`${simulator.url}/api/v3/athlete?access_token=${token}`)).status).toBe(401)
  })
  it('dies when the athlete revokes the application', async () => {
    const token = tokenOf('anna')
    simulator.control.revoke('anna')
    expect((await get('/athlete', token)).status).toBe(401)
  })
  it('dies at once when told to, while the refresh token lives', async () => {
    const { accessToken } = simulator.control.grant('anna')
    simulator.control.expireAccessTokens('anna')
    expect((await get('/athlete', accessToken)).status).toBe(401)
    expect(simulator.control.athletes()[0]).toMatchObject({ connected: true })
  })
})

describe('the quota', () => {
  it('is shared by all athletes, refuses over the limit, and reopens at the quarter hour', async () => {
    simulator.control.setLimits({ read: { quarterHour: 2 } })
    const [anna, ben] = [tokenOf('anna'), tokenOf('ben')]
    await get('/athlete', anna)
    const second = await get('/athlete', ben)
    expect(second.status).toBe(200)
    expect(second.headers.get('x-readratelimit-limit')).toBe('2,2000')
    expect(second.headers.get('x-readratelimit-usage')).toBe('2,2')
    expect(second.headers.get('x-ratelimit-usage')).toBe('2,2')

    const refused = await get('/athlete', anna)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(refused.headers.get('x-readratelimit-usage')).toBe('3,3')
    expect(await refused.json()).toEqual({
      message: 'Rate Limit Exceeded',
      errors: [{ resource: 'Application', field: 'read rate limit', code: 'exceeded' }],
    })

    clock.advanceSeconds(13 * 60)
    const reopened = await get('/athlete', anna)
    expect(reopened.status).toBe(200)
    expect(reopened.headers.get('x-readratelimit-usage')).toBe('1,4')
    expect(simulator.control.limits().quarterHours).toEqual([
      { startedAt: '2026-11-20T10:00:00.000Z', calls: 3, overLimit: 1 },
      { startedAt: '2026-11-20T10:15:00.000Z', calls: 1, overLimit: 0 },
    ])
  })

  it('stays shut until midnight when the day is spent', async () => {
    simulator.control.setLimits({ overall: { day: 1 } })
    const token = tokenOf('anna')
    await get('/athlete', token)
    clock.advanceSeconds(900)
    expect((await get('/athlete', token)).status).toBe(429)
    clock.advanceSeconds(14 * 3600)
    expect((await get('/athlete', tokenOf('anna'))).status).toBe(200)
  })
})

it('an unknown path is a fault too', async () => {
  const response = await fetch(`${simulator.url}/api/v3/clubs/1/members`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ errors: [{ resource: 'resource', field: 'path', code: 'invalid' }] })
})
