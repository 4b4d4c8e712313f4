import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Block, projectRoot } from './blocks.ts'

/** What one would type and end with Enter: it may go over several lines. */
export interface Command {
  block: Block
  line: number
  text: string
}

/** What bash says against it; empty when it can be read. */
export const syntaxErrorOf = (script: string): string =>
  spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr.trim()

const isComment = (line: string): boolean => /^\s*(#|$)/.test(line)

/** A line that surely does not end where it ends; whatever else goes on is known by bash, which cannot read it so far. */
const goesOn = (text: string): boolean =>
  /(\\|\||&&|\bdo|\bthen)\s*$/.test(text) || (/['"({]|^(for|if|while) /.test(text) && syntaxErrorOf(text) !== '')

export const commandsOf = (block: Block): Command[] => {
  const commands: Command[] = []
  let open: Command | undefined
  for (const [index, line] of block.text.split('\n').entries()) {
    if (!open && isComment(line)) continue
    open = open
      ? { ...open, text: `${open.text}\n${line}` }
      : { block, line: block.line + 1 + index, text: line.trim() }
    if (goesOn(open.text)) continue
    commands.push(open)
    open = undefined
  }
  return open ? [...commands, open] : commands
}

export const placeOfCommand = ({ block, line }: Command): string => `${block.document}:${line}`

/** Names of the scripts that a package has; empty for a folder that is none. */
const scriptsIn = (folder: string): string[] => {
  const manifest = join(projectRoot, folder, 'package.json')
  if (!existsSync(manifest)) return []
  return Object.keys((JSON.parse(readFileSync(manifest, 'utf8')) as { scripts?: object }).scripts ?? {})
}

const folders = '(?:deploy|docs|k8s|libs|services|test)'

/** Scripts and paths of this repository that a command names and that are not there. */
export const missingIn = ({ text, block }: Command): string[] => {
  const scripts = [...scriptsIn('.'), ...scriptsIn(dirname(block.document))]
  const named = [...text.matchAll(/\bnpm run ([\w:-]+)(?! *-w)/g)].map(([, name = '']) => name)
  const paths = [
    ...text.replaceAll(/\bexec \S+/g, '').matchAll(new RegExp(`(?<![\\w/.$:-])${folders}/[\\w./-]+`, 'g')),
  ].map(([path]) => path)
  return [
    ...named.filter((name) => !scripts.includes(name) && !/-w /.test(text)).map((name) => `npm run ${name}`),
    // A filter of tests may be the beginning of a file's name.
    ...paths.filter((path) => !existsSync(join(projectRoot, path)) && !/vitest|test:/.test(text)),
  ]
}
