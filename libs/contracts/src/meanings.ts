/** A description that says what each value of a list means: ``Why. `a`: …; `b`: ….`` */
export const meaningsOf = <Value extends string>(what: string, meanings: Readonly<Record<Value, string>>): string =>
  `${what} ${Object.entries(meanings)
    .map(([value, meaning]) => `\`${value}\`: ${meaning}`)
    .join('; ')}.`
