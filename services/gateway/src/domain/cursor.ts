import { RefusalError } from './refusal.ts'

/** The last item of a page: the next page goes on behind it, whatever was added in front meanwhile. */
export interface Cursor {
  at: Date
  id: string
}

const separator = '|'

export const encodeCursor = ({ at, id }: Cursor): string =>
  Buffer.from(`${at.toISOString()}${separator}${id}`).toString('base64url')

/** @throws RefusalError `invalid_request` for anything that `encodeCursor` did not make. */
export const decodeCursor = (text: string): Cursor => {
  const [time = '', id = '', ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(separator)
  const cursor = { at: new Date(time), id }
  const isValid = !Number.isNaN(cursor.at.getTime()) && /^[\w-]+$/.test(id) && rest.length === 0
  if (!isValid || encodeCursor(cursor) !== text) {
    throw new RefusalError('invalid_request', [{ path: 'cursor', message: 'must be a nextCursor of an earlier page' }])
  }
  return cursor
}
