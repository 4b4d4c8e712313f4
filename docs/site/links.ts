import { statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root, urlOf } from './documents.ts'

/** Files that are no documents and that the gateway serves. */
const served: Readonly<Record<string, string>> = {
  'docs/api/openapi.json': '/openapi.json',
  'docs/api/asyncapi.json': '/asyncapi.json',
}

const isFolder = (path: string): boolean =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Where a link in a document leads on the site; null where it leads to a file of the repository that is not on the site.
 * @param source the document's path in the repository
 */
export const resolveLink = (href: string, source: string, documents: ReadonlySet<string>): string | null => {
  if (/^([a-z][a-z0-9+.-]*:|#|\/)/i.test(href)) return href
  const [path = '', anchor] = href.split('#')
  const target = posix.join(posix.dirname(source), path).replace(/\/$/, '')
  const hash = anchor === undefined ? '' : `#${anchor}`
  for (const document of [target, posix.join(target, 'README.md')]) {
    if (documents.has(document)) return urlOf(document) + hash
  }
  if (served[target]) return served[target]
  if (target.startsWith('docs/images/') && !isFolder(target)) return `/${target}`
  return null
}
