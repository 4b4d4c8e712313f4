interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** All items, page by page; the next page is asked for when the last item of one has been taken. */
export async function* itemsOf<Item>(
  getPage: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined
  do {
    const page = await getPage(cursor)
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
