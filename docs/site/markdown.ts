import { slug } from 'github-slugger'
import highlighter from 'highlight.js/lib/common'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import http from 'highlight.js/lib/languages/http'
import markdownIt from 'markdown-it'
import anchor from 'markdown-it-anchor'
import type { Diagrams } from './diagrams.ts'
import { resolveLink } from './links.ts'

highlighter.registerLanguage('http', http)
highlighter.registerLanguage('dockerfile', dockerfile)

export interface MarkdownOptions {
  documents: ReadonlySet<string>
  diagrams: Diagrams
}

/** What is known of a page while it is rendered: the path of its document in the repository. */
interface Page {
  source: string
}

/** Markdown as GitHub shows it: the same addresses of headings, the same links. Colours are classes, nothing is inline. */
export const createMarkdown = ({ documents, diagrams }: MarkdownOptions) => {
  const markdown = markdownIt({
    html: true,
    linkify: false,
    highlight: (text, language) =>
      highlighter.getLanguage(language) ? highlighter.highlight(text, { language }).value : '',
  })
  markdown.use(anchor, {
    slugify: slug,
    permalink: anchor.permalink.linkInsideHeader({
      class: 'anchor',
      symbol: '#',
      placement: 'after',
      ariaHidden: true,
    }),
  })

  markdown.core.ruler.push('links', ({ tokens, env }) => {
    const { source } = env as Page
    for (const { children } of tokens) {
      const inElsewhere: boolean[] = []
      for (const token of children ?? []) {
        if (token.type === 'image') {
          const resolved = resolveLink(token.attrGet('src') ?? '', source, documents)
          if (resolved !== null) token.attrSet('src', resolved)
          token.attrSet('loading', 'lazy')
        }
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? ''
          const resolved = resolveLink(href, source, documents)
          inElsewhere.push(resolved === null)
          if (resolved === null) {
            token.tag = 'span'
            token.attrs = [['title', 'A file of the repository']]
          } else token.attrSet('href', resolved)
        }
        if (token.type === 'link_close' && inElsewhere.pop()) token.tag = 'span'
      }
    }
  })

  const { fence } = markdown.renderer.rules
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]
    if (token?.info.trim() === 'mermaid') return diagrams.figureOf(token.content)
    return fence?.(tokens, index, options, env, self) ?? ''
  }

  // A table may be wider than a phone.
  markdown.renderer.rules.table_open = () => '<div class="wide" tabindex="0"><table>\n'
  markdown.renderer.rules.table_close = () => '</table></div>\n'
  return markdown
}
