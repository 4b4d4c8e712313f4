import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDiagrams } from './diagrams.ts'
import { findDocuments, root, summaryOf, titleOf, urlOf } from './documents.ts'
import { llmsFullText, llmsText, markdownUrlOf } from './llms.ts'
import { createMarkdown } from './markdown.ts'
import { navOf, searchWeightsOf } from './nav.ts'
import { entriesOf } from './search-index.ts'

interface Page {
  inputPath: string
  rawInput: string
}
interface Item {
  data: { source: string; title: string }
  url: string
}

interface Result {
  inputPath: string
  url: string
  content: string
}

/** What of Eleventy's configuration is used; it has no types of its own. */
interface Configuration {
  ignores: Set<string>
  addTemplate(path: string, content: string): void
  addWatchTarget(path: string): void
  setUseGitIgnore(isUsed: boolean): void
  setLibrary(format: 'md', library: object): void
  addGlobalData(name: string, value: unknown): void
  addCollection(name: string, make: (api: { getAll(): Item[] }) => unknown): void
  addPassthroughCopy(paths: Record<string, string>): void
  addFilter(name: string, filter: (value: string) => unknown): void
  on(event: 'eleventy.after', listener: (event: { results: Result[] }) => void): void
}

const output = join(root, 'docs', 'dist')

/** Colours and type of every page of Slipstream. */
const look = fileURLToPath(import.meta.resolve('@slipstream/runtime/look.css'))

/** In front of the path of a document that lies outside `docs`, for Eleventy to know it by. */
const elsewhere = './docs/repository/'

const sourceOf = ({ inputPath }: Page): string =>
  inputPath.startsWith(elsewhere) ? inputPath.slice(elsewhere.length) : inputPath.slice('./'.length)

/** The site at /docs, made of `docs` and of the READMEs of other folders. `npm run build -w docs`; `npm run dev -w docs` watches. */
export default (eleventy: Configuration) => {
  process.chdir(root)
  const documents = findDocuments()

  for (const document of documents.filter((path) => !path.startsWith('docs/'))) {
    eleventy.addTemplate(`repository/${document}`, readFileSync(document, 'utf8'))
    eleventy.addWatchTarget(document)
  }
  eleventy.ignores.add('docs/{site,dist,api,node_modules}/**')
  eleventy.setUseGitIgnore(false)

  eleventy.setLibrary(
    'md',
    createMarkdown({
      documents: new Set(documents),
      diagrams: createDiagrams({
        folder: join(output, 'diagrams'),
        url: '/docs/diagrams',
        look: readFileSync(look, 'utf8'),
      }),
    }),
  )

  eleventy.addGlobalData('layout', 'page.njk')
  eleventy.addGlobalData('eleventyComputed', {
    source: ({ page }: { page: Page }) => sourceOf(page),
    title: ({ page }: { page: Page }) => titleOf(sourceOf(page), page.rawInput),
    summary: ({ page }: { page: Page }) => summaryOf(page.rawInput),
    permalink: ({ page }: { page: Page }) => `${urlOf(sourceOf(page)).slice('/docs'.length)}index.html`,
  })
  eleventy.addCollection('sections', (api: { getAll(): Item[] }) => {
    const items = new Map(api.getAll().map((item) => [item.data.source, item]))
    return navOf([...items.keys()].sort()).map(({ title, documents: inSection }) => ({
      title,
      items: inSection.flatMap((source) => items.get(source) ?? []),
    }))
  })

  const require = createRequire(import.meta.url)
  eleventy.addPassthroughCopy({
    'docs/images': 'images',
    'docs/site/assets': 'assets',
    [look]: 'assets/look.css',
    [require.resolve('minisearch').replace(/dist.*/, 'dist/es/index.js')]: 'assets/minisearch.js',
  })

  eleventy.addFilter('headings', (content) =>
    [...content.matchAll(/<h2 id="([^"]*)"[^>]*>(.*?) <a class="anchor"/gs)].map(([, id, title]) => ({ id, title })),
  )

  eleventy.on('eleventy.after', ({ results }) => {
    const nav = navOf(documents)
    writeFileSync(join(output, 'llms.txt'), llmsText(nav))
    writeFileSync(join(output, 'llms-full.txt'), llmsFullText(nav))
    const weights = new Map([...searchWeightsOf(nav)].map(([document, weight]) => [urlOf(document), weight]))
    writeFileSync(
      join(output, 'search.json'),
      JSON.stringify(
        results.flatMap(({ url, content }) => entriesOf(`/docs${url}`, content, weights.get(`/docs${url}`) ?? 1)),
      ),
    )
    for (const document of documents) {
      const file = join(output, markdownUrlOf(document).slice('/docs'.length))
      mkdirSync(dirname(file), { recursive: true })
      cpSync(document, file)
    }
  })
  return { dir: { input: 'docs', output: 'docs/dist', includes: 'site/layout' }, markdownTemplateEngine: false }
}
