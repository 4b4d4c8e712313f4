import { createReference } from '@slipstream/contracts/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { findDocuments } from '../docs/site/documents.ts'
import { navOf } from '../docs/site/nav.ts'
import { blocksOf, placeOf, readDocument } from './support/documents/blocks.ts'
import { type Command, commandsOf, missingIn, placeOfCommand, syntaxErrorOf } from './support/documents/commands.ts'
import { languages, notChecked, notRun, watched } from './support/documents/declarations.ts'
import { deadLinks } from './support/documents/links.ts'
import { runCommands, watchCommand } from './support/documents/run-commands.ts'
import { typeErrorsOf } from './support/documents/type-check.ts'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

// Every document of the site, README and the READMEs of folders among them: links, and every fenced block. What is not run
// or checked is declared in support/documents/declarations.ts.

const documents = findDocuments()
const blocks = documents.flatMap(blocksOf)
const blocksIn = (language: string) => blocks.filter((block) => block.language === language)

/** What was decided once is not kept up: its links are, its commands are not. */
const commands = blocksIn('sh')
  .filter(({ document }) => !document.startsWith('docs/adr/'))
  .flatMap(commandsOf)

const declarationOf = ({ text, block }: Command) =>
  notRun.find(({ command, documents: only }) => command.test(text) && (only?.test(block.document) ?? true))
const watchOf = ({ text }: Command) => watched.find(({ command }) => command.test(text))

const declarations = 'test/support/documents/declarations.ts'

it('every document is in the nav once', () => {
  const listed = navOf(documents).flatMap((section) => section.documents)
  expect(listed.toSorted(), 'see docs/site/nav.ts').toEqual(documents.toSorted())
})

it.each(Object.entries(createReference()))('docs/reference/%s is current', (name, text) => {
  expect(readDocument(`docs/reference/${name}`), 'npm run generate makes it so').toBe(text)
})

it('every link to a file or heading leads somewhere', { timeout: 60_000 }, async () => {
  expect(await deadLinks(documents), 'links that lead nowhere').toEqual([])
})

describe('fenced blocks', () => {
  it('name a language that is known', () => {
    const unknown = blocks
      .filter(({ language }) => languages[language] === undefined)
      .map((block) => `${placeOf(block)}: "${block.language}"`)
    expect(unknown, `one of ${Object.keys(languages).join(', ')}; a new one is added to ${declarations}`).toEqual([])
  })

  it('of JSON and YAML can be read', () => {
    const unreadable = [...blocksIn('json'), ...blocksIn('yaml')].flatMap((block) => {
      try {
        if (block.language === 'json') JSON.parse(block.text)
        else parseYaml(block.text)
        return []
      } catch (error) {
        return `${placeOf(block)}: ${(error as Error).message}`
      }
    })
    expect(unreadable).toEqual([])
  })

  it('of HTTP begin with a request or a status line', () => {
    const begin = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/|https?:)\S*( HTTP\/[\d.]+)?$|^HTTP\/[\d.]+ \d{3}/
    expect(
      blocksIn('http')
        .filter(({ text }) => !begin.test(text.split('\n')[0] ?? ''))
        .map(placeOf),
    ).toEqual([])
  })

  it('of TypeScript pass the compiler', { timeout: 180_000 }, () => {
    const isDeclared = (document: string, language: string) =>
      notChecked.some((one) => one.document === document && one.language === language)
    const checked = [...blocksIn('ts'), ...blocksIn('tsx')].filter(
      ({ document, language }) => !isDeclared(document, language),
    )
    expect(
      typeErrorsOf(checked),
      `a block stands alone, or goes on where the one before it ended: \`\`\`ts continues. What a document takes for given is declared in codeContext, what cannot be checked here in notChecked, of ${declarations}`,
    ).toEqual([])
  })
})

describe('commands', () => {
  it('can be read by bash', () => {
    const unreadable = commands.flatMap((command) => {
      const error = syntaxErrorOf(command.text)
      return error === '' ? [] : `${placeOfCommand(command)}: ${error}`
    })
    expect(unreadable).toEqual([])
  })

  it('name scripts and paths of this repository that are there', () => {
    const missing = commands.flatMap((command) =>
      missingIn(command).map((name) => `${placeOfCommand(command)}: there is no ${name}`),
    )
    expect(missing).toEqual([])
  })

  it('are declared only where there are such', () => {
    const unused = [
      ...notRun.filter((one) => !commands.some((command) => declarationOf(command) === one)),
      ...watched.filter((one) => !commands.some((command) => watchOf(command) === one)),
    ]
    expect(unused, `remove from ${declarations}: no document has such a command`).toEqual([])
    const idle = notChecked.filter(
      (one) => !blocks.some(({ document, language }) => one.document === document && one.language === language),
    )
    expect(idle, `remove from ${declarations}: the document has no such block`).toEqual([])
  })
})

describe('against a running system', () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem('docs')
    await synced(await linkAthlete(system, 'anna'), 30_000)
  })
  afterAll(() => system?.stop())

  /** What was run and says the same wherever it stands: it sets nothing, and takes nothing from a line before it. */
  const done = new Set<string>()
  const isSameEverywhere = (text: string) => !/\$|^\w+=|^cd /.test(text)

  const runnable = commands.filter((command) => !declarationOf(command) && !watchOf(command))
  const ofDocuments = [...Map.groupBy(runnable, ({ block }) => block.document)]

  it.each(ofDocuments)('the commands of %s work as printed', { timeout: 90_000 }, async (_document, ofDocument) => {
    const textOf = ({ text }: Command) => text.replace(/\s+#.*$/, '')
    const due = ofDocument.filter((command) => !done.has(textOf(command)))
    await runCommands(system, due)
    for (const command of due.filter(({ text }) => isSameEverywhere(text))) done.add(textOf(command))
  })

  it.each(commands.filter(watchOf).map((command) => [command.text, command] as const))(
    '%s goes on until it is interrupted',
    async (text, command) => {
      // What it takes from lines before it.
      const sameDocument = commands.filter(({ block }) => block.document === command.block.document)
      const set = sameDocument
        .filter((other) => /^\w+=/.test(other.text) && !declarationOf(other))
        .map((other) => other.text)
      await watchCommand(system, [...set, text].join('\n'), watchOf(command)?.shows ?? /^/)
    },
  )

  it('an event is seen by who subscribes as the README says, when a run is recorded as it says', async () => {
    const ofReadme = commands.filter(({ block }) => block.document === 'README.md')
    const subscribe = ofReadme.find(({ text }) => text.startsWith('npm run subscribe'))
    const record = ofReadme.filter(({ text }) => text.includes('/activities'))
    await watchCommand(system, subscribe?.text ?? '', /listening to/, {
      run: () => runCommands(system, record),
      shows: /activity\.ingested.*Evening run/,
    })
  })
})
