import type pc from 'picocolors'
import { describeEvent } from '../subscriber/describe-event.ts'
import { printable } from '../subscriber/printable.ts'
import type { HeardEvent } from './tour-events.ts'

export type Colors = ReturnType<typeof pc.createColors>

/** Who has something to tell. */
type Voice = 'Strava' | 'athlete' | 'subscriber' | 'tour'

const labelWidth = 'subscriber'.length + 4

/** Words in lines of that width; a longer word has a line of its own. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Who tells what, in lines that fit. Times are told from the moment `happened` was called. */
export interface Narrator {
  heading(text: string): void
  plain(text: string): void
  /** What is done at Strava; the clock of the step starts. */
  happens(text: string): void
  athleteSees(text: string): void
  subscriberGets(heard: HeardEvent, text?: string): void
  subscriberGetsNothing(text: string): void
  tells(text: string): void
}

export const createNarrator = (options: { write(text: string): void; colors: Colors; width: number }): Narrator => {
  const { write, colors, width } = options
  let happenedAt = 0
  const paint: Record<Voice, (text: string) => string> = {
    Strava: colors.yellow,
    athlete: colors.cyan,
    subscriber: colors.green,
    tour: colors.dim,
  }
  const line = (voice: Voice, text: string) => {
    const [first = '', ...rest] = wrap(printable(text), width - labelWidth)
    write(`  ${paint[voice](voice.padEnd(labelWidth - 2))}${first}\n`)
    for (const more of rest) write(`${' '.repeat(labelWidth)}${more}\n`)
  }
  const after = (at: number): string => `after ${seconds(Math.max(0, at - happenedAt))}`
  return {
    heading: (text) => write(`\n${colors.bold(text)}\n`),
    plain: (text) => write(`${wrap(text, width).join('\n')}\n`),
    happens: (text) => {
      happenedAt = performance.now()
      line('Strava', text)
    },
    athleteSees: (text) => line('athlete', `${after(performance.now())}: ${text}`),
    subscriberGets: ({ event, at }, text = describeEvent(event)) =>
      line('subscriber', `${after(at)}: ${event.type}, ${text}`),
    subscriberGetsNothing: (text) => line('subscriber', text),
    tells: (text) => line('tour', text),
  }
}
