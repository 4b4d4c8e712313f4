import { expect, test } from 'vitest'
import { codeOfRefusedGrant, decideLink, hasNeededScopes, readScopes } from './link-decision.ts'
import type { Link } from './model.ts'

const link = (athleteId: string, stravaAthleteId: string): Link => ({
  linkId: `lnk_${athleteId}`,
  athleteId,
  stravaAthleteId,
  displayName: 'A',
  status: 'active',
  statusSince: new Date(0),
  errorCode: null,
  scopes: [],
  linkedAt: new Date(0),
  manualSync: null,
})

const asked = { athleteId: 'ath_1', stravaAthleteId: '100' }

test.each([
  ['nothing is there', null, null, 'create'],
  ['the same pair is linked', link('ath_1', '100'), link('ath_1', '100'), 'renew'],
  ['the account is another athlete’s', null, link('ath_2', '100'), 'refuse_in_use'],
  ['the athlete has another account', link('ath_1', '200'), null, 'refuse_different'],
  ['both are taken: whose account it is comes first', link('ath_1', '200'), link('ath_2', '100'), 'refuse_in_use'],
])('%s', (_what, own, ofAccount, kind) => {
  expect(decideLink({ ...asked, own, ofAccount }).kind).toBe(kind)
})

test.each([
  ['lost its grant makes way', { status: 'reauth_required', errorCode: 'reauth_required' }, 'replace'],
  ['only lacks a permission stays', { status: 'reauth_required', errorCode: 'scope_missing' }, 'refuse_different'],
] as const)('a link of another account that %s', (_what, change, kind) => {
  expect(decideLink({ ...asked, own: { ...link('ath_1', '200'), ...change }, ofAccount: null }).kind).toBe(kind)
})

test.each([
  ['read,activity:read_all', true],
  ['activity:read_all,read,profile:read_all', true],
  ['read activity:read_all', true],
  ['read,activity:read', false],
  ['read', false],
  ['activity:read_all', false],
  ['', false],
])('scope "%s" is enough: %s', (text, enough) => {
  expect(hasNeededScopes(readScopes(text))).toBe(enough)
})

test.each([
  ['access_denied', 'consent_denied'],
  ['athlete_limit_reached', 'app_full'],
  ['app_inactive', 'app_inactive'],
  ['client_credentials_invalid', 'app_misconfigured'],
  ['code_invalid', 'link_expired'],
  ['transient', 'strava_unavailable'],
  ['something_new', 'strava_unavailable'],
  ['toString', 'strava_unavailable'],
])('Strava saying %s is shown as %s', (problem, code) => {
  expect(codeOfRefusedGrant(problem)).toBe(code)
})
