import { errorCatalogue, errorCodes } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { readNotice } from './notice.ts'

const again = /^Nothing was linked\. Press Connect with Strava again in a few minutes\.$/
const afterOperator =
  /^Nothing was linked\. The operator .* has to act first; press Connect with Strava again after that\.$/

describe('readNotice', () => {
  it('reads success', () => {
    expect(readNotice('?strava=linked')).toEqual({ kind: 'linked', receiptId: null })
  })

  it('reads that another account made way', () => {
    expect(readNotice('?strava=linked&receipt=rcp_1')).toEqual({ kind: 'linked', receiptId: 'rcp_1' })
  })

  it.each(errorCodes)('names what %s names', (code) => {
    const { title, action } = errorCatalogue[code]
    expect(readNotice(`?strava=error&code=${code}`)).toMatchObject({ kind: 'error', error: { code, title, action } })
  })

  it.each([
    ['strava_unavailable', again],
    ['quota_exhausted', again],
    ['too_many_requests', again],
    ['service_unavailable', again],
    ['internal_error', again],
    ['made_up', again],
    ['app_full', afterOperator],
    ['app_inactive', afterOperator],
    ['app_misconfigured', afterOperator],
    ['endpoint_closed', afterOperator],
  ])('after %s nothing is linked, and it says when to connect again', (code, wayOut) => {
    const notice = readNotice(`?strava=error&code=${code}`)
    expect(notice).toMatchObject({ kind: 'error', error: { wayOut: expect.stringMatching(wayOut) } })
    expect(JSON.stringify(notice)).not.toMatch(/by itself|you need not|nothing (for you )?to do/i)
  })

  it('leaves to the catalogue what the athlete can mend', () => {
    const { detail } = errorCatalogue.scope_missing
    const notice = readNotice('?strava=error&code=scope_missing')
    expect(notice).toMatchObject({ error: { detail, actionUrl: '/#connect' } })
    expect(notice).not.toHaveProperty('error.wayOut')
  })

  it.each([
    '?strava=error',
    '?strava=error&code=made_up',
    '?strava=error&code=__proto__',
    '?strava=error&code=toString',
  ])('%s is an error, if an unknown one', (search) => {
    expect(readNotice(search)).toMatchObject({ kind: 'error', error: { code: 'internal_error' } })
  })

  it.each(['', '?code=abc&state=xyz', '?strava=other'])('finds nothing in "%s"', (search) => {
    expect(readNotice(search)).toBeNull()
  })
})
