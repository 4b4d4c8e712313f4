import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { remark } from 'remark'
import remarkGfm from 'remark-gfm'

export const projectRoot = resolve(import.meta.dirname, '../../..')

/** A fenced block of a document. */
export interface Block {
  /** Path in the repository. */
  document: string
  /** Of the opening fence. */
  line: number
  /** Empty where the fence names none. */
  language: string
  /** What stands behind the language, such as `continues`. */
  meta: string
  text: string
}

interface Node {
  type: string
  lang?: string | null
  meta?: string | null
  value?: string
  position?: { start: { line: number; offset: number } }
  children?: Node[]
}

const parser = remark().use(remarkGfm)

export const readDocument = (document: string): string => readFileSync(join(projectRoot, document), 'utf8')

/** Every fenced block; code that is only indented has no language, and is found as such. */
export const blocksOf = (document: string): Block[] => {
  const found = (node: Node): Block[] => [
    ...(node.type === 'code'
      ? [
          {
            document,
            line: node.position?.start.line ?? 0,
            language: node.lang ?? '',
            meta: node.meta ?? '',
            text: node.value ?? '',
          },
        ]
      : []),
    ...(node.children ?? []).flatMap(found),
  ]
  return found(parser.parse(readDocument(document)) as Node)
}

/** What stands together: a block that is marked `continues` goes on where the one of its document before it ended. */
export const programsOf = (blocks: readonly Block[]): Block[][] => {
  const programs: Block[][] = []
  for (const block of blocks) {
    const previous = programs.at(-1)
    if (block.meta === 'continues' && previous?.[0]?.document === block.document) previous.push(block)
    else programs.push([block])
  }
  return programs
}

export const placeOf = ({ document, line }: Block): string => `${document}:${line}`
