const units = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1_000 },
] as const

/** The two largest units that say something: `1 h 12 min`. */
export const duration = (ms: number): string => {
  let rest = Math.round(Math.abs(ms) / 1_000) * 1_000
  const parts: string[] = []
  for (const { unit, ms: size } of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

const relative = (time: Date, now: Date): string => {
  const ms = time.getTime() - now.getTime()
  if (Math.abs(ms) < 1_000) return 'now'
  return ms > 0 ? `in ${duration(ms)}` : `${duration(ms)} ago`
}

/** Local time, and how long that is from now; `-` for a time that is not there. Swedish writes dates as ISO 8601 does. */
export const moment = (time: Date | null | undefined, now: Date): string =>
  time ? `${time.toLocaleString('sv-SE')} (${relative(time, now)})` : '-'
