import { describe, expect, it } from 'vitest'
import { actionableError, actionableErrorSchema, errorCodes, knownCode } from './index.ts'

it.each(errorCodes)('%s is sent as the schema says, and no more', (code) => {
  const sent = actionableError(code)
  expect(actionableErrorSchema.strict().parse(sent)).toEqual({ ...sent, code })
})

describe('a code from outside', () => {
  it.each(['made_up', 'toString', '', null])('%s is taken for one that is known', (code) => {
    expect(knownCode(code)).toBe('internal_error')
    expect(knownCode(code, 'reauth_required')).toBe('reauth_required')
  })

  it('is left as it is where it is known', () => {
    expect(knownCode('app_full', 'reauth_required')).toBe('app_full')
  })
})
