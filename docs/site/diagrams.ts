import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { html } from '@slipstream/runtime'
import { renderMermaidSVG } from 'beautiful-mermaid'

export interface Diagrams {
  /** The diagram as a picture for each colour scheme, and its own text for who cannot see it. */
  figureOf(mermaid: string): string
}

const schemes = {
  light: { bg: '#fffefb', fg: '#1d2a2c', accent: '#0f5257', muted: '#4c585a' },
  dark: { bg: '#1a2324', fg: '#e9eeed', accent: '#7cc7c3', muted: '#b9c5c5' },
}

/** The drawing would ask for a font of another host, which the site's policy refuses. */
const withoutFonts = (svg: string): string => svg.replace(/^\s*@import [^\n]*$/m, '')

/** Draws Mermaid while the site is built, so that no page needs a script for it. Files go to `folder`, served at `url`. */
export const createDiagrams = ({ folder, url }: { folder: string; url: string }): Diagrams => ({
  figureOf: (mermaid) => {
    const name = createHash('sha256').update(mermaid).digest('hex').slice(0, 12)
    mkdirSync(folder, { recursive: true })
    for (const [scheme, colours] of Object.entries(schemes)) {
      const svg = renderMermaidSVG(mermaid, { ...colours, font: 'system-ui' })
      writeFileSync(join(folder, `${name}-${scheme}.svg`), withoutFonts(svg))
    }
    return html`<figure class="diagram">
<picture><source media="(prefers-color-scheme: dark)" srcset="${url}/${name}-dark.svg"><img src="${url}/${name}-light.svg" alt="Diagram; its text follows" loading="lazy"></picture>
<details><summary>The diagram as text</summary><pre><code>${mermaid}</code></pre></details>
</figure>
`.text
  },
})
