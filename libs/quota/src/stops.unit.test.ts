import { type StopName, type StopRows, stopNames } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ApiOperation, afterCall, afterPermit, noStops, openStops, type Showing, stoppedBy } from './stops.ts'

const noon = Date.UTC(2026, 10, 20, 12)
const at = (seconds: number) => new Date(noon + seconds * 1000)

type Call = Parameters<typeof afterCall>[1]
const call = (shows: Showing, change: Partial<Call> = {}): Call => ({
  ...{ operation: 'activities', shows, athleteId: 'anna', isOnlyAthlete: false },
  ...change,
})
const after = (calls: Call[], from = noStops, now = at(0)): StopRows =>
  calls.reduce((stops, one) => afterCall(stops, one, now), from)
const names = (stops: StopRows): StopName[] => openStops(stops).map(({ name }) => name)

const anna = call('nothing')
const ben = call('nothing', { athleteId: 'ben' })
const again = call('nothing', { isRepeat: true })

describe('failures that tell nothing', () => {
  test.each<[string, Call[], StopName[]]>([
    ['four of two athletes go on', [anna, ben, anna, ben], []],
    ['five of two athletes stop', [anna, anna, anna, anna, ben], ['activities']],
    ['each tried again twice are as many calls', [anna, again, again, ben, again, again], []],
    ['twenty of one athlete go on', Array(20).fill(anna), []],
    [
      'five of the only athlete stop',
      Array.from({ length: 5 }, () => call('nothing', { isOnlyAthlete: true })),
      ['activities'],
    ],
    ['any answer in between begins anew', [anna, anna, anna, anna, call('answers'), ben], []],
    ['of code exchanges and revocations stop nothing', Array(9).fill(call('nothing', { operation: 'token' })), []],
    [
      'of refreshes stop refreshes',
      Array.from({ length: 5 }, (_, index) => call('nothing', { operation: 'refresh', athleteId: `a${index}` })),
      ['refresh'],
    ],
  ])('%s', (_what, calls, expected) => {
    expect(names(after(calls))).toEqual(expected)
  })
})

describe('trouble of the app', () => {
  test.each<[string, Call, StopName[]]>([
    ['switched off stops all', call('inactive'), ['app']],
    ['switched off, as a code exchange finds it', call('inactive', { operation: 'token', athleteId: null }), ['app']],
    ['wrong credentials stop refreshes', call('credentials', { operation: 'refresh' }), ['refresh']],
    [
      'wrong credentials, as a revocation finds them',
      call('credentials', { operation: 'revoke', athleteId: null }),
      ['refresh'],
    ],
    ['a closed endpoint stops calls to it', call('endpoint', { operation: 'activity' }), ['activity']],
    ['a 429 stops nothing: the windows do', call('rate_limited'), []],
  ])('%s', (_what, one, expected) => {
    expect(names(after([one]))).toEqual(expected)
  })

  test.each(['token', 'refresh', 'revoke'] as const)(
    'a %s that works does not switch the app on again, but a probe is due',
    (operation) => {
      const stops = after([call('inactive')])
      const later = after([call('works', { operation })], stops)
      expect(names(later)).toEqual(['app'])
      expect(stoppedBy(later, 'activities', at(0))).toBeNull()
      expect(names(after([call('works')], later))).toEqual([])
    },
  )

  test('each probe that is a refresh which works is followed by one call that decides', () => {
    const probing = afterPermit(after([call('inactive')]), 'refresh', at(300))
    expect(stoppedBy(probing, 'activities', at(301))).not.toBeNull()
    const refreshed = after([call('works', { operation: 'refresh' })], probing, at(301))
    expect(stoppedBy(refreshed, 'activities', at(301))).toBeNull()
    const refused = after([call('inactive')], afterPermit(refreshed, 'activities', at(301)), at(302))
    expect(stoppedBy(refused, 'activities', at(302))).toMatchObject({ reason: 'app', until: at(301 + 1_200) })
  })

  test.each(['token', 'revoke'] as const)(
    'however many %ss work while the app is off, they cost one probe a minute',
    (operation) => {
      let stops = after([call('inactive')])
      const probes: number[] = []
      for (let second = 0; second <= 180; second++) {
        stops = after([call('works', { operation, athleteId: null })], stops, at(second))
        if (stoppedBy(stops, 'activities', at(second))) continue
        probes.push(second)
        stops = after([call('inactive')], afterPermit(stops, 'activities', at(second)), at(second))
      }
      expect(probes).toEqual([0, 60, 120, 180])
    },
  )

  test('credentials that are good again, as a code exchange finds them, let refreshes go on', () => {
    const stops = after([call('credentials', { operation: 'refresh' })])
    expect(names(after([call('works')], stops))).toEqual(['refresh'])
    expect(names(after([call('works', { operation: 'token', athleteId: null })], stops))).toEqual([])
    expect(names(after([call('answers', { operation: 'token', athleteId: null })], stops))).toEqual([])
  })
})

describe('what ends a stop of refreshes', () => {
  const begun = {
    credentials: [call('credentials', { operation: 'refresh' })],
    endpoint: [call('endpoint', { operation: 'refresh' })],
    unanswered: Array.from({ length: 5 }, (_, index) =>
      call('nothing', { operation: 'refresh', athleteId: `a${index}` }),
    ),
  }
  test.each<[keyof typeof begun, Call['operation'], Showing, boolean]>([
    ['credentials', 'refresh', 'works', true],
    ['credentials', 'refresh', 'answers', true],
    ['credentials', 'refresh', 'rate_limited', false],
    ['credentials', 'refresh', 'inactive', false],
    ['credentials', 'refresh', 'nothing', false],
    ['credentials', 'token', 'works', true],
    ['credentials', 'token', 'answers', true],
    ['credentials', 'token', 'rate_limited', false],
    ['credentials', 'token', 'inactive', false],
    ['credentials', 'revoke', 'rate_limited', false],
    ['endpoint', 'refresh', 'works', true],
    ['endpoint', 'refresh', 'answers', true],
    ['endpoint', 'refresh', 'rate_limited', false],
    ['unanswered', 'refresh', 'works', true],
    ['unanswered', 'refresh', 'rate_limited', true],
    ['unanswered', 'refresh', 'inactive', true],
    ['unanswered', 'token', 'works', false],
  ])('%s: a %s that shows %s: %s', (trouble, operation, shows, isOver) => {
    const later = after([call(shows, { operation })], after(begun[trouble]))
    expect(names(later).includes('refresh')).toBe(!isOver)
  })
})

test('half an hour without an answer costs five calls and five probes', () => {
  let stops = after([anna, anna, anna, anna, ben])
  let probes = 0
  for (let second = 0; second < 30 * 60; second++) {
    if (stoppedBy(stops, 'activities', at(second))) continue
    probes += 1
    stops = afterCall(afterPermit(stops, 'activities', at(second)), anna, at(second))
  }
  expect(probes).toBe(5)
})

test('whatever happens, probes are the only calls, stay apart, and are never put off for ever', () => {
  const apiOperations: ApiOperation[] = ['activities', 'activity', 'athlete']
  const steps = fc.array(
    fc.record({
      isPermit: fc.boolean(),
      shows: fc.constantFrom<Showing>(
        'works',
        'answers',
        'rate_limited',
        'inactive',
        'credentials',
        'endpoint',
        'nothing',
        'nothing',
        'nothing',
        'nothing',
      ),
      operation: fc.constantFrom(...apiOperations, 'refresh' as const, 'token' as const),
      athleteId: fc.constantFrom('anna', 'ben', 'chris'),
      elapsedMs: fc.integer({ min: 0, max: 120_000 }),
    }),
    { maxLength: 120 },
  )
  fc.assert(
    fc.property(steps, (sequence) => {
      let nowMs = noon
      let stops: StopRows = noStops
      for (const { isPermit, shows, operation, athleteId, elapsedMs } of sequence) {
        nowMs += elapsedMs
        const now = new Date(nowMs)
        const before = stops
        if (isPermit && operation !== 'token') {
          if (stoppedBy(stops, operation, now)) continue
          stops = afterPermit(stops, operation, now)
          const isProbe = before.app?.since || before[operation]?.since
          expect(stoppedBy(stops, operation, now) !== null).toBe(Boolean(isProbe))
          if (isProbe) expect(stoppedBy(stops, operation, new Date(nowMs + 29_999))).not.toBeNull()
        } else {
          stops = afterCall(stops, { operation, shows, athleteId, isOnlyAthlete: false }, now)
          if (shows === 'works' && operation !== 'refresh' && operation !== 'token') expect(stops.app).toBeNull()
        }
        for (const name of stopNames) {
          const [was, is] = [before[name], stops[name]]
          expect(is?.nextProbeAt != null).toBe(is?.since != null)
          if (!is?.nextProbeAt) continue
          expect(is.nextProbeAt.getTime() - nowMs).toBeLessThanOrEqual(30 * 60_000)
          // Late news of a known trouble makes no plan of its own; a token call that works lets the list have a turn.
          if (name === 'app' && shows === 'works' && (operation === 'refresh' || operation === 'token')) continue
          if (!isPermit && was?.since && was.trouble === is.trouble) expect(is.nextProbeAt).toEqual(was.nextProbeAt)
        }
      }
    }),
  )
})
