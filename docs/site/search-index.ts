/** What the search finds: the text below one heading. */
export interface SearchEntry {
  /** Address with the heading's anchor. */
  id: string
  page: string
  heading: string
  text: string
  /** How much it counts: what was decided, and where files lie, is seldom what somebody looks for. */
  weight: number
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
}

const plainText = (markup: string): string =>
  markup
    .replace(/<a class="anchor".*?<\/a>|<details>.*?<\/details>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, ' ')
    .trim()

/** The sections of a built page, by its headings of the first three levels. */
export const entriesOf = (url: string, builtPage: string, weight: number): SearchEntry[] => {
  const article = /<article>(.*)<\/article>/s.exec(builtPage)?.[1] ?? ''
  const pieces = article.split(/(?=<h[1-3] id=")/)
  const headings = pieces.map((piece) => /^<h([1-3]) id="([^"]*)"[^>]*>(.*?)<\/h\1>/s.exec(piece))
  const page = plainText(headings.find((found) => found !== null)?.[3] ?? '')
  return pieces.flatMap((piece, index) => {
    const [whole = '', level, id, title = ''] = headings[index] ?? []
    const text = plainText(piece.slice(whole.length))
    if (level === undefined && text === '') return []
    const address = level === '1' || level === undefined ? url : `${url}#${id}`
    return [{ id: address, page, heading: plainText(title), text, weight }]
  })
}
