import { RefusalError } from './refusal.ts'

/** The last workout of a page: the next page goes on behind it, whatever was added in front meanwhile. */
export interface Cursor {
  startedAt: Date
  id: string
}

const separator = '|'

export const encodeCursor = ({ startedAt, id }: Cursor): string =>
  Buffer.from(`${startedAt.toISOString()}${separator}${id}`).toString('base64url')

/** @throws RefusalError `invalid_request` for anything that `encodeCursor` did not make. */
export const decodeCursor = (text: string): Cursor => {
  const [time = '', id = '', ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(separator)
  const cursor = { startedAt: new Date(time), id }
  const isValid = !Number.isNaN(cursor.startedAt.getTime()) && /^[\w-]+$/.test(id) && rest.length === 0
  if (!isValid || encodeCursor(cursor) !== text) {
    throw new RefusalError('invalid_request', [{ path: 'cursor', message: 'must be a nextCursor of an earlier page' }])
  }
  return cursor
}
