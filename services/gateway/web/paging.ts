/** A part of a list, newest first; `nextCursor` asks for what comes after it, null where nothing does. */
interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/**
 * Adds the page behind `cursor`; an item that is shown already (it moved between pages) is not shown twice. Of a list that is
 * another one by now, since it was asked for anew or of something else, it is not the next page.
 */
export const withNextPage = <Item>(
  shown: Page<Item> | null,
  cursor: string,
  next: Page<Item>,
  idOf: (item: Item) => string,
): Page<Item> | null => {
  if (shown?.nextCursor !== cursor) return shown
  const ids = new Set(shown.items.map(idOf))
  return { items: [...shown.items, ...next.items.filter((item) => !ids.has(idOf(item)))], nextCursor: next.nextCursor }
}

/** How much to ask for when the list is asked for anew: what is shown, so that no page that was opened closes by itself. */
export const sizeToReload = (
  shown: Page<unknown> | null,
  { page, largest }: { page: number; largest: number },
): number => Math.min(largest, Math.max(page, shown?.items.length ?? 0))
