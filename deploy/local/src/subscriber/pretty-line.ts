import type { ReceivedEvent } from '@slipstream/messaging'
import type pc from 'picocolors'
import { describeEvent, shortId } from './describe-event.ts'
import { printable } from './printable.ts'

type Colors = ReturnType<typeof pc.createColors>

const colorOf = (type: ReceivedEvent['type'], colors: Colors) => {
  if (type === 'athlete.reauth_required' || type === 'athlete.unlinked' || type === 'activity.deleted')
    return colors.red
  if (type.startsWith('activity.')) return colors.green
  return type.startsWith('athlete.') ? colors.cyan : colors.dim
}

/** As long as the longest but two rare ones. */
const typeWidth = 'activity.refreshed'.length

/** The time of day here, with the day where it is not today. */
const timeOf = (time: Date, now: Date): string => {
  const clock = time.toTimeString().slice(0, 8)
  return time.toDateString() === now.toDateString() ? clock : `${time.toDateString().slice(4, 10)} ${clock}`
}

/** One line: time, type, athlete, what. */
export const prettyLine = (event: ReceivedEvent, { now, colors }: { now: Date; colors: Colors }): string =>
  [
    colors.dim(timeOf(event.time, now)),
    colorOf(event.type, colors)(event.type.padEnd(typeWidth)),
    colors.dim(shortId(event.data.athleteId)),
    printable(describeEvent(event)),
  ].join('  ')
