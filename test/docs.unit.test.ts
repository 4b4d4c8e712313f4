import { createReference } from '@slipstream/contracts/reference'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { navOf } from '../docs/site/nav.ts'
import { placeOf, readDocument } from './support/documents/blocks.ts'
import { missingIn, placeOfCommand, syntaxErrorOf } from './support/documents/commands.ts'
import { languages, notChecked, notRun, watched } from './support/documents/declarations.ts'
import { deadLinks } from './support/documents/links.ts'
import { blocks, blocksIn, commands, declarationOf, documents, watchOf } from './support/documents/repository.ts'
import { typeErrorsOf } from './support/documents/type-check.ts'

// What can be said of the documents as they lie there; their commands are run by docs.system.test.ts.

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
