import { describe, expect, test } from 'vitest'
import { type FailureKind, judgeResponse, readFault, type StravaEndpoint } from './judgement.ts'

const fault = (resource: string, field: string, code: string, message = 'Bad Request') =>
  JSON.stringify({ message, errors: [{ resource, field, code }] })

type Row = [what: string, status: number, body: string, endpoint: StravaEndpoint, kind: FailureKind]

const observed: Row[] = [
  ['unknown client id', 400, fault('Application', 'client_id', 'invalid'), 'token', 'client_credentials_invalid'],
  ['wrong client secret', 401, fault('Application', '', 'invalid'), 'refresh', 'client_credentials_invalid'],
  ['spent code', 400, fault('AuthorizationCode', 'code', 'invalid'), 'token', 'code_invalid'],
  ['spent code, in 2018', 400, fault('RequestToken', 'code', 'invalid'), 'token', 'code_invalid'],
  ['dead refresh token', 400, fault('RefreshToken', 'refresh_token', 'invalid'), 'refresh', 'refresh_token_dead'],
  ['dead access token', 401, fault('Athlete', 'access_token', 'invalid'), 'activities', 'access_token_dead'],
  ['missing scope', 401, fault('AccessToken', 'activity:read_permission', 'missing'), 'activities', 'scope_missing'],
  ['lapsed application', 403, fault('Application', 'Status', 'Inactive', 'Forbidden'), 'athlete', 'app_inactive'],
  ['lapsed application, at a refresh', 403, fault('Application', 'Status', 'Inactive'), 'refresh', 'app_inactive'],
  ['closed endpoint', 401, fault('Application', 'internal', 'invalid'), 'activities', 'endpoint_closed'],
  ['removed endpoint', 404, fault('resource', 'path', 'invalid'), 'activities', 'endpoint_closed'],
  ['removed endpoint, at one activity', 404, fault('resource', 'path', 'invalid'), 'activity', 'endpoint_closed'],
  ['absent activity', 404, fault('Activity', '', 'not found', 'Resource Not Found'), 'activity', 'not_found'],
  ['absent activity, other form', 404, fault('Activity', 'id', 'invalid', 'Record Not Found'), 'activity', 'not_found'],
  ['absent activity, message alone', 404, '{"message":"Record Not Found","errors":[]}', 'activity', 'not_found'],
  ['absent activity, empty body', 404, '', 'activity', 'not_found'],
  ['rate limit', 429, fault('Application', 'overall rate limit', 'exceeded'), 'activity', 'rate_limited'],
  ['read rate limit', 429, fault('Application', 'read rate limit', 'exceeded'), 'activities', 'rate_limited'],
  ['rate limit, page of text', 429, '<h1>Too Many Requests</h1>', 'activities', 'rate_limited'],
  ['rate limit, empty body', 429, '', 'refresh', 'rate_limited'],
  ['rate limit under another status', 403, fault('Application', 'rate limit', 'exceeded'), 'activity', 'rate_limited'],
  ['broken activity', 500, '{"message":"error"}', 'activity', 'transient'],
  ['bad gateway', 502, '<html><h1>502 Bad Gateway</h1></html>', 'activities', 'transient'],
  ['unavailable', 503, '', 'revoke', 'transient'],
  ['gateway timeout', 504, 'upstream request timeout', 'token', 'transient'],
  ['edge error', 597, '', 'activities', 'transient'],
  ['wrong Basic header', 401, '{"message":"Authorization Error","errors":[]}', 'revoke', 'client_credentials_invalid'],
  [
    'full application, page of text',
    403,
    '<title>Error 403: Limit of connected athletes exceeded</title>',
    'token',
    'athlete_limit_reached',
  ],
  [
    'full application, JSON',
    403,
    '{"message":"Limit of connected athletes exceeded","errors":[]}',
    'token',
    'athlete_limit_reached',
  ],
]

// A glitch must not end a grant or delete a workout: what says nothing is `unexpected`.
const tellingNothing: Row[] = [
  ['401, empty', 401, '', 'activities', 'unexpected'],
  ['401, page of text', 401, '<h1>Unauthorized</h1>', 'refresh', 'unexpected'],
  ['401, unknown fault', 401, fault('Moon', 'phase', 'waning'), 'athlete', 'unexpected'],
  ['400, empty', 400, '', 'refresh', 'unexpected'],
  ['400, missing token', 400, '{"message":"Bad Request"}', 'revoke', 'unexpected'],
  ['403, page of text', 403, 'Access denied', 'activities', 'unexpected'],
  ['404, page of text, as of a wrong base URL', 404, '<h1>Not Found</h1>', 'activity', 'unexpected'],
  ['404 at another endpoint', 404, '', 'activities', 'unexpected'],
  ['redirect', 302, '', 'activities', 'unexpected'],
  ['errors that are a text', 400, '{"message":"x","errors":"RefreshToken"}', 'refresh', 'unexpected'],
  ['errors of odd types', 400, '{"errors":[{"resource":1,"field":null,"code":[]}]}', 'refresh', 'unexpected'],
  ['JSON that is no object', 400, '"RefreshToken"', 'refresh', 'unexpected'],
]

describe('judging a refused call', () => {
  test.each([...observed, ...tellingNothing])('%s (%i %s)', (_what, status, body, endpoint, kind) => {
    expect(judgeResponse({ status, fault: readFault(body), endpoint }).kind).toBe(kind)
  })

  test.each([
    ['activity:read_permission', 'activity:read'],
    ['profile:read_all_permission', 'profile:read_all'],
    ['read_permission', 'read'],
  ])('%s names the scope %s', (field, missingScope) => {
    const body = readFault(fault('AccessToken', field, 'missing', 'Authorization Error'))
    expect(judgeResponse({ status: 401, fault: body, endpoint: 'activity' })).toEqual({
      kind: 'scope_missing',
      missingScope,
    })
  })
})
