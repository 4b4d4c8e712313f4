import { globSync } from 'node:fs'
import { posix } from 'node:path'

/** Root of the repository. */
export const root = posix.resolve(import.meta.dirname, '../..')

const notOwn = (path: string): boolean => /(^|\/)(node_modules|dist|\.slipstream|output)$/.test(path)

/** Every document of the site, by its path in the repository: all below `docs`, and what people look for in other folders. */
export const findDocuments = (): string[] =>
  globSync(
    [
      'docs/**/*.md',
      '{README,CHANGELOG,CONTRIBUTING,SECURITY}.md',
      '{deploy,k8s,test}/README.md',
      '{deploy,libs,services}/*/README.md',
      'libs/*/example/README.md',
    ],
    { cwd: root, exclude: notOwn },
  )
    .map((path) => path.replaceAll('\\', '/'))
    .sort()

/**
 * Address of a document on the site: `docs/a/b.md` is `/docs/a/b/`, a folder's README its folder, and what lies outside `docs`
 * is below `/docs/repository/`.
 */
export const urlOf = (source: string): string => {
  const path = source.startsWith('docs/') ? source.slice('docs/'.length) : `repository/${source}`
  const name = path
    .replace(/\.md$/, '')
    .replace(/(^|\/)(README|index)$/, '')
    .toLowerCase()
  return name === '' ? '/docs/' : `/docs/${name}/`
}

/** What a title or a first sentence says, without the marks of Markdown. */
const plainText = (markdown: string): string =>
  markdown
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]|<[^>]+>/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export const titleOf = (markdown: string): string => plainText(/^# (.+)$/m.exec(markdown)?.[1] ?? '')

/** The first sentence of the first paragraph; empty where a document begins with something else. */
export const summaryOf = (markdown: string): string => {
  const paragraph = markdown
    .replace(/^(# .+|<!--[\s\S]*?-->)\s*/gm, '')
    .split(/\n\s*\n/)
    .find((block) => /^[\p{L}`*[]/u.test(block.trim()))
  return /^.*?[.:](?=\s|$)/.exec(plainText(paragraph ?? ''))?.[0].replace(/:$/, '.') ?? ''
}
