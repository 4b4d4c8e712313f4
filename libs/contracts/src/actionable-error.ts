import type { ActionableError } from './api.ts'
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'

/** The catalogue's entry as the API sends it to the person concerned. */
export const actionableError = (code: ErrorCode): ActionableError => {
  const { title, detail, actor, action, actionUrl } = errorCatalogue[code]
  return { code, title, detail, actor, action, actionUrl }
}

/** A code that comes from outside this release: from a row, an address, or a gateway that is newer. */
export const knownCode = (code: string | null, otherwise: ErrorCode = 'internal_error'): ErrorCode =>
  code !== null && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : otherwise
