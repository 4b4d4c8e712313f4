import { createHash, randomBytes } from 'node:crypto'
import type { Status } from '@slipstream/contracts'
import { actionableError, linkFailure } from '@slipstream/contracts/errors'
import { expect, test } from 'vitest'
import type { Answer, Departure, LinkPorts } from './ports.ts'
import { createStravaLinkService } from './service.ts'

const returnUrl = 'coachai://oauth/strava'
const active = { status: 'active' } as Status
const unreachable: Answer<never> = {
  ...{ kind: 'refused', error: actionableError('service_unavailable'), isFinal: false, retryAfterMs: null },
}

/** A phone with a clock of its own: waiting is over at once, and takes its time on that clock. */
const newPhone = () => {
  const stored = new Map<string, string>()
  const proofs: { codeVerifier: string; idempotencyKey: string; at: number }[] = []
  const challenges: string[] = []
  const phone = {
    ...{ now: Date.parse('2026-11-26T18:00:00Z'), stored, proofs, challenges },
    /** What the gateway says to a completion. */
    answers: (): Answer<Status> => ({ kind: 'done', body: active }),
    token: (): Answer<{ connectUrl: string }> => ({
      kind: 'done',
      body: { connectUrl: 'https://link.example/connect' },
    }),
    departs: async (): Promise<Departure> => ({ kind: 'cancelled' }),
    /** What happens while somebody waits. */
    meanwhile: async () => {},
  }
  const ports: LinkPorts = {
    api: {
      linkToken: async (codeChallenge) => {
        challenges.push(codeChallenge)
        return phone.token()
      },
      complete: async ({ codeVerifier, idempotencyKey }) => {
        proofs.push({ codeVerifier, idempotencyKey, at: phone.now })
        return phone.answers()
      },
      status: async () => ({ kind: 'done', body: active }),
    },
    crypto: {
      newSecret: async () => randomBytes(32).toString('base64url'),
      sha256: async (text) => createHash('sha256').update(text).digest('base64url'),
    },
    browser: { open: () => phone.departs() },
    storage: {
      get: async (key) => stored.get(key) ?? null,
      set: async (key, value) => void stored.set(key, value),
      remove: async (key) => void stored.delete(key),
    },
    clock: {
      now: () => phone.now,
      wait: async (milliseconds) => {
        await phone.meanwhile()
        phone.now += milliseconds
      },
    },
  }
  return { phone, openApp: () => createStravaLinkService(ports, { returnUrl }) }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

test('the challenge belongs to the verifier with which it completes, and each attempt has its own', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = async () => ({ kind: 'returned', url: `${returnUrl}?result=r` })
  const app = openApp()
  await app.link()
  await app.link()
  expect(phone.proofs.map(({ codeVerifier }) => sha256(codeVerifier))).toEqual(phone.challenges)
  expect(new Set(phone.challenges).size).toBe(2)
  expect(phone.stored.size).toBe(0)
})

test('Android: dismissed first, the deep link a moment later', async () => {
  const { phone, openApp } = newPhone()
  const app = openApp()
  const steps: string[] = []
  app.subscribe(() => steps.push(app.state().step))
  phone.departs = async () => ({ kind: 'left' })
  phone.meanwhile = async () => void (await app.resume(`${returnUrl}?result=r`))
  expect(await app.link()).toEqual({ step: 'linked', status: active })
  expect(steps).toEqual(['starting', 'in_browser', 'returning', 'completing', 'linked'])
  expect(phone.proofs).toHaveLength(1)
})

test('Android: dismissed, and nothing comes', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = async () => ({ kind: 'left' })
  const app = openApp()
  expect(await app.link()).toEqual({ step: 'cancelled' })
  // Somebody goes back to the browser's tab, and allows it after all.
  expect(await app.resume(`${returnUrl}?result=r`)).toEqual({ step: 'linked', status: active })
})

test('the auth session and Linking deliver the same return', async () => {
  const { phone, openApp } = newPhone()
  const app = openApp()
  const url = `${returnUrl}?result=r`
  phone.departs = async () => {
    void app.resume(url)
    return { kind: 'returned', url }
  }
  expect(await app.link()).toEqual({ step: 'linked', status: active })
  expect(phone.proofs).toHaveLength(1)
  expect(await app.resume(url)).toEqual({ step: 'linked', status: active })
  expect(phone.stored.size).toBe(0)
})

test('the network is gone at completion: the same proof again until the result is too old', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = async () => ({ kind: 'returned', url: `${returnUrl}?result=r` })
  phone.answers = () => unreachable
  expect(await openApp().link()).toMatchObject({ step: 'failed', error: { code: 'service_unavailable' } })
  const [first] = phone.proofs
  expect(phone.proofs.map(({ at }) => (at - first!.at) / 1_000)).toEqual([0, 1, 3, 7, 15, 23, 31, 39, 47, 55])
  expect(new Set(phone.proofs.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)

  // Opened again when there is a network: the first proof may have arrived, and its answer is kept.
  phone.answers = () => ({ kind: 'done', body: active })
  expect(await openApp().resume(null)).toEqual({ step: 'linked', status: active })
  expect(phone.proofs.at(-1)?.idempotencyKey).toBe(first!.idempotencyKey)
})

test('an app that is opened after twenty minutes says that it took too long, once, and a new attempt begins', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = () => new Promise(() => {})
  void openApp().link()
  await expect.poll(() => phone.challenges).toHaveLength(1)
  phone.now += 20 * 60_000
  const late = openApp()
  expect(await late.resume(`${returnUrl}?result=r`)).toEqual({
    step: 'timed_out',
    error: actionableError('link_expired'),
  })
  expect(phone.proofs).toEqual([])
  expect(await openApp().resume(`${returnUrl}?result=r`)).toEqual({ step: 'idle' })
  phone.departs = async () => ({ kind: 'returned', url: `${returnUrl}?result=s` })
  expect(await late.link()).toEqual({ step: 'linked', status: active })
})

test('a made-up result does not keep the true one from completing', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = () => new Promise(() => {})
  const app = openApp()
  void app.link()
  await expect.poll(() => app.state().step).toBe('in_browser')
  const error = actionableError('result_invalid')
  phone.answers = () => ({ kind: 'refused', error, isFinal: true, retryAfterMs: null })
  expect(await app.resume(`${returnUrl}?result=made-up`)).toEqual({ step: 'failed', error })
  expect(await app.resume(`${returnUrl}?error=consent_denied`)).toMatchObject({ step: 'failed' })
  phone.answers = () => ({ kind: 'done', body: active })
  expect(await app.resume(`${returnUrl}?result=true`)).toEqual({ step: 'linked', status: active })
})

test('whoever signs in next finds nothing of the attempt', async () => {
  const { phone, openApp } = newPhone()
  phone.departs = async () => ({ kind: 'left' })
  const app = openApp()
  await app.link()
  expect(phone.stored.size).toBe(1)
  await app.abandon()
  expect(phone.stored.size).toBe(0)
  expect(await app.resume(`${returnUrl}?result=r`)).toEqual({ step: 'idle' })
})

test('where linking cannot begin, or the device has no browser, nothing is left behind that would go on', async () => {
  const { phone, openApp } = newPhone()
  phone.token = () => ({ kind: 'refused', error: actionableError('app_full'), isFinal: true, retryAfterMs: null })
  expect(await openApp().link()).toEqual({ step: 'failed', error: linkFailure(actionableError('app_full')) })
  expect(phone.stored.size).toBe(0)

  phone.token = () => ({ kind: 'done', body: { connectUrl: 'https://link.example/connect' } })
  phone.departs = () => Promise.reject(new Error('no activity found to handle the intent'))
  expect(await openApp().link()).toEqual({ step: 'failed', error: linkFailure(actionableError('internal_error')) })
})

test('URLs of others, and what cannot be read in storage, are nothing', async () => {
  const { phone, openApp } = newPhone()
  const app = openApp()
  expect(await app.resume('coachai://training/today')).toEqual({ step: 'idle' })
  phone.stored.set('slipstream.strava.attempt', '{"half')
  expect(await app.resume(`${returnUrl}?result=r`)).toEqual({ step: 'idle' })
  expect(phone.proofs).toEqual([])
})
