/** @throws where the look has no such colour */
export type Palette = (name: string) => string

const valuesIn = (css: string): Map<string, string> =>
  new Map([...css.matchAll(/^\s*--([\w-]+): ([^;]+);$/gm)].map(([, name = '', value = '']) => [name, value]))

const paletteOf =
  (values: Map<string, string>): Palette =>
  (name) => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`look.css has no --${name}`)
    return value
  }

/** What the shared look sets in each colour scheme, for pictures: they cannot use a page's style sheet. */
export const palettesOf = (look: string): Readonly<Record<'light' | 'dark', Palette>> => {
  const [light, dark] = look.split('@media (prefers-color-scheme: dark)').map(valuesIn)
  if (light === undefined || dark === undefined) throw new Error('look.css has no dark colours')
  return { light: paletteOf(light), dark: paletteOf(new Map([...light, ...dark])) }
}
