/** A value that may be read nowhere but where it was handed out. */
export interface KnownSecret {
  kind: string
  value: string
  /** The answer that handed it to whom it belongs. */
  handedOutIn: number | null
}

/** Shorter ones would be found by chance. */
const shortest = 16

const escaped = (text: string) => text.replaceAll('=', '')

/** Base64 of it at each of the three places where it may begin within other text, without what depends on the neighbours. */
const withinBase64 = (value: string): string[] =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${' '.repeat(before)}${value}`).toString('base64')
    const whole = encoded.slice(before === 0 ? 0 : 4, encoded.length - 4)
    return escaped(whole)
  })

/** As it is, and as it would look in a URL, a header or a binary field. */
const looksOf = (value: string): string[] => {
  const base64 = withinBase64(value)
  return [
    value,
    encodeURIComponent(value),
    encodeURIComponent(encodeURIComponent(value)),
    Buffer.from(value).toString('hex'),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** All secrets that were planted, or seen on their way. */
export const createSecretBook = () => {
  const known = new Map<string, KnownSecret & { looks: string[] }>()
  return {
    add: (kind: string, value: unknown, handedOutIn: number | null = null): void => {
      if (typeof value !== 'string' || value.length < shortest || known.has(value)) return
      known.set(value, { kind, value, handedOutIn, looks: looksOf(value) })
    },
    kinds: (): string[] => [...new Set([...known.values()].map(({ kind }) => kind))].sort(),
    ofKind: (kind: string): string[] =>
      [...known.values()].filter((one) => one.kind === kind).map(({ value }) => value),
    /** The kinds of all that this text shows, with where it shows it. `answer`: which answer of the gateway it is. */
    shownIn: (text: string, answer: number | null = null): string[] =>
      [...known.values()].flatMap(({ kind, handedOutIn, looks }) => {
        if (answer !== null && answer === handedOutIn) return []
        const look = looks.find((one) => text.includes(one))
        return look === undefined
          ? []
          : [`${kind}: …${text.slice(Math.max(0, text.indexOf(look) - 80), text.indexOf(look))}`]
      }),
  }
}

export type SecretBook = ReturnType<typeof createSecretBook>
