import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, placeOf, projectRoot } from './blocks.ts'
import { codeContext } from './declarations.ts'

/** Where blocks are written to be checked, and the settings that hold for them there. */
export interface Surroundings {
  folder: string
  tsconfig: string
}

/** Those of the repository. Not below `test`, whose files are checked with stricter rules. */
const repository: Surroundings = {
  folder: join(projectRoot, '.slipstream', 'snippets'),
  tsconfig: '../../tsconfig.json',
}

const settingsFor = ({ tsconfig }: Surroundings) => ({
  extends: tsconfig,
  compilerOptions: {
    jsx: 'react-jsx',
    // What a snippet shows and does not use is its reader's to use.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['.'],
  exclude: [],
})

/** One module for each block, with what it continues before it: a block with `continues` behind its language. */
const modulesOf = (blocks: readonly Block[]) => {
  const modules: { name: string; lines: string[]; places: { from: number; block: Block }[] }[] = []
  for (const block of blocks) {
    const previous = modules.at(-1)
    const isContinued = block.meta === 'continues' && previous?.places.at(-1)?.block.document === block.document
    if (!isContinued) {
      const context = codeContext[block.document] ?? ''
      modules.push({
        name: `${placeOf(block).replace(/\.md:/, '-').replaceAll('/', '-').toLowerCase()}.${block.language}`,
        lines: ['export {}', ...context.split('\n')],
        places: [],
      })
    }
    const module = modules.at(-1)
    module?.places.push({ from: module.lines.length + 1, block })
    module?.lines.push(...block.text.split('\n'))
  }
  return modules
}

/** What the compiler says of these blocks, each line with the place in the document that it is about. */
export const typeErrorsOf = (blocks: readonly Block[], surroundings = repository): string[] => {
  const { folder } = surroundings
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const modules = modulesOf(blocks)
  for (const { name, lines } of modules) writeFileSync(join(folder, name), lines.join('\n'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settingsFor(surroundings)))
  const tsc = join(projectRoot, 'node_modules', '.bin', 'tsc')
  const { stdout, status } = spawnSync(tsc, ['--noEmit', '--pretty', 'false', '-p', folder], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return []
  return stdout.split('\n').flatMap((line) => {
    const [, name, at = '0', message] = /^([\w.-]+)\((\d+),\d+\): (.*)$/.exec(line) ?? []
    if (message === undefined) return line.trim() === '' ? [] : [line]
    const place = modules.find((module) => module.name === name)?.places.findLast(({ from }) => from <= Number(at))
    if (place === undefined) return [`${name}: in its context of declarations.ts: ${message}`]
    return [`${place.block.document}:${place.block.line + 1 + Number(at) - place.from} ${message}`]
  })
}
