// JavaScript that an older Node can read, too: one that does not read TypeScript says nothing a newcomer understands.
const wanted = 24
if (Number.parseInt(process.versions.node, 10) < wanted) {
  process.stderr.write(
    `Slipstream needs Node ${wanted} or newer, and this is ${process.version}. On Linux x64, npm ci brings it along; elsewhere install it: https://nodejs.org\n`,
  )
  process.exit(1)
}
await import('./start.ts')
