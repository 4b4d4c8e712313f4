/** Markup that is safe to insert as it is. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

type Piece = string | number | Markup | readonly Markup[]

const render = (piece: Piece): string => {
  if (piece instanceof Markup) return piece.text
  return typeof piece === 'object' ? piece.map(({ text }) => text).join('') : escapeText(String(piece))
}

/** Template tag: every inserted value is escaped unless it is markup itself. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(strings.map((text, index) => text + (index < pieces.length ? render(pieces[index] ?? '') : '')).join(''))
