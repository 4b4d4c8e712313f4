import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, placeOf, programsOf, projectRoot } from './blocks.ts'
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

/** One module for each program. */
const moduleOf = (program: readonly Block[]) => {
  const [first] = program as [Block, ...Block[]]
  const lines = ['export {}', ...(codeContext[first.document] ?? '').split('\n')]
  const places: { from: number; block: Block }[] = []
  for (const block of program) {
    places.push({ from: lines.length + 1, block })
    lines.push(...block.text.split('\n'))
  }
  const name = `${placeOf(first).replace(/\.md:/, '-').replaceAll('/', '-').toLowerCase()}.${first.language}`
  return { name, lines, places }
}

/** What the compiler says of these blocks, each line with the place in the document that it is about. */
export const typeErrorsOf = (blocks: readonly Block[], surroundings = repository): string[] => {
  const { folder } = surroundings
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const modules = programsOf(blocks).map(moduleOf)
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
