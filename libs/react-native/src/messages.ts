import type { ActionableError, ErrorCode } from '@slipstream/contracts'
import { errorCatalogue } from '@slipstream/contracts/errors'

/** The entry of the error catalogue in the shape in which the API sends it. */
export const messageOf = (code: ErrorCode): ActionableError => {
  const { status: _httpStatus, ...entry } = errorCatalogue[code]
  return { code, ...entry }
}

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

/** A gateway may be newer than the app: what it does not know yet is told in general words. */
export const knownCode = (code: string): ErrorCode => (isKnown(code) ? code : 'internal_error')
