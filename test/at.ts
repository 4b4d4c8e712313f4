import { spawnSync } from 'node:child_process'

// Runs vitest as if it were another time: `npm run test:at -- 23:30 --project unit`. See docs/contributing/clock.md.

const dayMs = 86_400_000

/** `HH:MM` is the next such time in UTC; anything else is a date. */
const timeOf = (text: string, now: Date): Date => {
  if (!/^\d\d:\d\d$/.test(text)) return new Date(text)
  const today = new Date(`${now.toISOString().slice(0, 10)}T${text}:00Z`)
  return today > now ? today : new Date(today.getTime() + dayMs)
}

const [text = '', ...vitestArguments] = process.argv.slice(2)
const now = new Date()
const aheadMs = timeOf(text, now).getTime() - now.getTime()
if (!(aheadMs > 0)) {
  process.stderr.write(
    'usage: npm run test:at -- <HH:MM | 2027-03-28T00:50:00Z> [vitest arguments]\n' +
      'Only the future can be tried: mongod goes by the real clock, and drops what is over.\n',
  )
  process.exit(1)
}

const preload = import.meta.resolve('./support/shifted-clock.ts')
const { status } = spawnSync('vitest', ['run', ...vitestArguments], {
  stdio: 'inherit',
  env: {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${preload}`,
    CLOCK_AHEAD_MS: String(aheadMs),
  },
})
process.exit(status ?? 1)
