import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { html } from '@slipstream/runtime'
import { renderMermaidSVG } from 'beautiful-mermaid'
import { palettesOf } from './palette.ts'

export interface Diagrams {
  /** The diagram as a picture for each colour scheme, and its own text for who cannot see it. */
  figureOf(mermaid: string): string
}

/** The drawing would ask for a font of another host, which the site's policy refuses. */
const withoutFonts = (svg: string): string => svg.replace(/^\s*@import [^\n]*$/m, '')

interface DiagramsOptions {
  folder: string
  /** At which the folder is served. */
  url: string
  /** The shared style sheet, which has the colours. */
  look: string
}

/** Draws Mermaid while the site is built, so that no page needs a script for it. What an earlier build drew is removed. */
export const createDiagrams = ({ folder, url, look }: DiagramsOptions): Diagrams => {
  const palettes = palettesOf(look)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return {
    figureOf: (mermaid) => {
      const name = createHash('sha256').update(look).update(mermaid).digest('hex').slice(0, 12)
      for (const [scheme, colour] of Object.entries(palettes)) {
        const colours = { bg: colour('card'), fg: colour('ink'), accent: colour('accent'), muted: colour('muted') }
        const svg = renderMermaidSVG(mermaid, { ...colours, font: 'system-ui' })
        writeFileSync(join(folder, `${name}-${scheme}.svg`), withoutFonts(svg))
      }
      return html`<figure class="diagram">
<div class="wide" tabindex="0"><picture><source media="(prefers-color-scheme: dark)" srcset="${url}/${name}-dark.svg"><img src="${url}/${name}-light.svg" alt="Diagram; its text follows" loading="lazy"></picture></div>
<details><summary>The diagram as text</summary><pre><code>${mermaid}</code></pre></details>
</figure>
`.text
    },
  }
}
