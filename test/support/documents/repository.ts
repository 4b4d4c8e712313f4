import { findDocuments } from '../../../docs/site/documents.ts'
import { blocksOf } from './blocks.ts'
import { type Command, commandsOf } from './commands.ts'
import { notRun, watched } from './declarations.ts'

/** Every document of the site, README and the READMEs of folders among them. */
export const documents = findDocuments()

export const blocks = documents.flatMap(blocksOf)

export const blocksIn = (language: string) => blocks.filter((block) => block.language === language)

/** What was decided once is not kept up: its links are, its commands are not. */
export const commands = blocksIn('sh')
  .filter(({ document }) => !document.startsWith('docs/adr/'))
  .flatMap(commandsOf)

/** Why a command is not run; undefined where it is. */
export const declarationOf = ({ text, block }: Command) =>
  notRun.find(({ command, documents: only }) => command.test(text) && (only?.test(block.document) ?? true))

export const watchOf = ({ text }: Command) => watched.find(({ command }) => command.test(text))
