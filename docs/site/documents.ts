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
    .replace(/(\*\*?)([^*]+?)\1(?![`*])/g, '$2')
    .replace(/`|<[^>]+>/g, '')
    .replace(/\s+/g, ' ')
    .trim()

/** What stands alone in a list has to say more than a heading in its folder does. */
const titles: Readonly<Record<string, string>> = {
  'README.md': 'The project in short',
  'SECURITY.md': 'Report a weakness',
  'deploy/README.md': 'Run it with Docker compose',
  'k8s/README.md': 'Run it on Kubernetes',
  'deploy/local/README.md': 'What npm start starts (deploy/local)',
  'deploy/nats/README.md': 'Users of NATS (deploy/nats)',
  'deploy/grafana/README.md': 'Boards of Grafana (deploy/grafana)',
  'deploy/prometheus/README.md': 'Rules of Prometheus (deploy/prometheus)',
}

export const titleOf = (source: string, markdown: string): string =>
  titles[source] ?? plainText(/^# (.+)$/m.exec(markdown)?.[1] ?? '')

/** Room for two or three sentences. */
const summaryLength = 240

/** What a document begins with: as many sentences of its first paragraph as there is room for. */
export const summaryOf = (markdown: string): string => {
  const paragraph = markdown
    .replace(/^(```|~~~)[\s\S]*?^\1$/gm, '')
    .replace(/^(# .+|<!--[\s\S]*?-->)\s*/gm, '')
    .split(/\n\s*\n/)
    .find((block) => /^[\p{L}`*[]/u.test(block.trim()))
  const text = plainText((paragraph ?? '').trim().replace(/^\*\*[^*]+\.\*\*\s+/, ''))
  const [first = '', ...others] = text.split(/(?<=[.?])\s+(?=[^\p{Ll}])/u)
  if (first.length > summaryLength) return `${first.slice(0, summaryLength).replace(/[,;:][^,;:]*$/, '')} …`
  const summary = others.reduce(
    ({ said, isFull }, next) =>
      isFull || next.endsWith(':') || said.length + next.length > summaryLength
        ? { said, isFull: true }
        : { said: `${said} ${next}`, isFull },
    { said: first, isFull: false },
  )
  return summary.said.replace(/:$/, '.')
}
