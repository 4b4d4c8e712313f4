import type { Narrator } from './narrator.ts'

interface Entry {
  what: string
  undo: () => Promise<void>
}

/** What has to be put back, the last first; noted before it is changed, so that no moment is too early to end. */
export interface UndoList {
  /** Resolves `undone` when it was put back in the course of the tour. */
  note(what: string, undo: () => Promise<void>): { putBack(): Promise<void> }
  /** What is not put back yet. */
  open(): string[]
  /** Goes on after one that fails. False when one did. */
  putAllBack(narrator: Pick<Narrator, 'tells'>): Promise<boolean>
}

export const createUndoList = (): UndoList => {
  const entries: Entry[] = []
  const run = async (entry: Entry) => {
    await entry.undo()
    const index = entries.indexOf(entry)
    if (index >= 0) entries.splice(index, 1)
  }
  return {
    note: (what, undo) => {
      const entry = { what, undo }
      entries.push(entry)
      return { putBack: () => run(entry) }
    },
    open: () => entries.map(({ what }) => what),
    putAllBack: async (narrator) => {
      let isAllBack = true
      for (const entry of entries.toReversed()) {
        try {
          await run(entry)
          narrator.tells(entry.what)
        } catch (error) {
          isAllBack = false
          narrator.tells(`NOT put back: ${entry.what} (${(error as Error).message})`)
        }
      }
      return isAllBack
    },
  }
}
