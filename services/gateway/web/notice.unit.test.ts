import { errorCatalogue, errorCodes } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { readNotice } from './notice.ts'

describe('readNotice', () => {
  it('reads success', () => {
    expect(readNotice('?strava=linked')).toEqual({ kind: 'linked', replaced: false })
  })

  it('reads that another account made way', () => {
    expect(readNotice('?strava=linked&receipt=rcp_1')).toEqual({ kind: 'linked', replaced: true })
  })

  it.each(errorCodes)('shows the catalogue entry of %s', (code) => {
    const { title, detail, action } = errorCatalogue[code]
    expect(readNotice(`?strava=error&code=${code}`)).toMatchObject({
      kind: 'error',
      error: { code, title, detail, action },
    })
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
