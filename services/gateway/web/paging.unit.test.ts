import { describe, expect, it } from 'vitest'
import { sizeToReload, withNextPage } from './paging.ts'

const items = (...ids: string[]) => ids.map((id) => ({ id }))
const idOf = ({ id }: { id: string }) => id

describe('withNextPage', () => {
  it('appends, and shows nothing twice', () => {
    const first = { items: items('a', 'b'), nextCursor: 'c1' }
    expect(withNextPage(first, 'c1', { items: items('b', 'c'), nextCursor: null }, idOf)).toEqual({
      items: items('a', 'b', 'c'),
      nextCursor: null,
    })
  })

  it('leaves out a page of a list that is shown no more, as after another sport was chosen or a new run began', () => {
    const other = { items: items('d'), nextCursor: 'c2' }
    expect(withNextPage(other, 'c1', { items: items('e'), nextCursor: null }, idOf)).toEqual(other)
    const whole = { items: items('d'), nextCursor: null }
    expect(withNextPage(whole, 'c1', { items: items('e'), nextCursor: null }, idOf)).toEqual(whole)
    expect(withNextPage(null, 'c1', { items: items('e'), nextCursor: null }, idOf)).toBeNull()
  })
})

describe('sizeToReload', () => {
  const sizes = { page: 2, largest: 4 }
  const shown = (...ids: string[]) => ({ items: items(...ids), nextCursor: null })

  it('asks for all pages that were opened, as far as the API gives them at once', () => {
    expect(sizeToReload(null, sizes)).toBe(2)
    expect(sizeToReload(shown('a'), sizes)).toBe(2)
    expect(sizeToReload(shown('a', 'b', 'c'), sizes)).toBe(3)
    expect(sizeToReload(shown('a', 'b', 'c', 'd', 'e'), sizes)).toBe(4)
  })
})
