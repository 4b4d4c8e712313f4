import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/**
 * The TypeScript of a document, program by program: a block that is marked `continues` goes on where the one before it ended.
 * @param document path from the root of the repository
 */
export const programsIn = (document: string): string[] => {
  const text = readFileSync(join(root, document), 'utf8')
  const programs: string[] = []
  for (const [, mark, block = ''] of text.matchAll(/^```ts( continues)?\n([\s\S]*?)^```$/gm)) {
    const before = mark === undefined ? undefined : programs.pop()
    programs.push(before === undefined ? block : `${before}\n${block}`)
  }
  return programs
}
