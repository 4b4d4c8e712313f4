import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Command } from './support/documents/commands.ts'
import { commands, declarationOf, watchOf } from './support/documents/repository.ts'
import { runCommands, watchCommand } from './support/documents/run-commands.ts'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

// The commands of every document, run as printed. What is not run is declared in support/documents/declarations.ts.

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
