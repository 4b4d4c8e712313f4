import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, summaryOf, titleOf, urlOf } from './documents.ts'
import type { NavSection } from './nav.ts'

const textOf = (source: string): string => readFileSync(join(root, source), 'utf8')

/** Address of a document's Markdown. */
export const markdownUrlOf = (source: string): string =>
  urlOf(source).replace(/\/$/, source === 'docs/index.md' ? '/index.md' : '.md')

/** Told only where there is room: what was decided and when is of use to who changes this software. */
const optional = ['Decisions', 'Folders of the repository']

const about = `# Slipstream

> Self-hosted backend that links athletes' Strava accounts, stores their activities as workouts in MongoDB inside Strava's quotas and
> data policy, and publishes events such as \`activity.ingested\` on NATS JetStream. HTTP API: /openapi.json. Events: /asyncapi.json.

All documents but the optional ones in one text: [llms-full.txt](/llms-full.txt).
`

/** The site for language models, in the form of https://llmstxt.org. */
export const llmsText = (nav: readonly NavSection[]): string => {
  const list = ({ title, documents }: NavSection) =>
    `## ${title}\n\n${documents
      .map((source) => {
        // The title of a decision is what was decided.
        const summary = source.startsWith('docs/adr/0') ? '' : summaryOf(textOf(source))
        return `- [${titleOf(source, textOf(source))}](${markdownUrlOf(source)})${summary && `: ${summary}`}`
      })
      .join('\n')}\n`
  const main = nav.filter(({ title }) => !optional.includes(title))
  const rest = nav.filter(({ title }) => optional.includes(title)).flatMap(({ documents }) => documents)
  return [about, ...main.map(list), list({ title: 'Optional', documents: rest })].join('\n')
}

/** All documents but the optional ones in one text. */
export const llmsFullText = (nav: readonly NavSection[]): string =>
  nav
    .filter(({ title }) => !optional.includes(title))
    .flatMap(({ documents }) => documents)
    .map((source) => `<!-- ${urlOf(source)} -->\n\n${textOf(source).trim()}\n`)
    .join('\n')
