import { existsSync, readdirSync, statSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type Log, runToEnd, superviseProcess } from '@slipstream/embedded'
import type { Part, Running } from './keep-running.ts'

/** Raised when the web page cannot be built; the message holds the build's output. */
export class PageBuildError extends Error {
  override readonly name = 'PageBuildError'
  readonly code = 'page_build_failed'
}

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const newestIn = (folder: string): number =>
  existsSync(folder)
    ? Math.max(
        0,
        ...readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) =>
          entry.isFile() ? changedAt(join(entry.parentPath, entry.name)) : 0,
        ),
      )
    : 0

const gatewayIn = (root: string) => join(root, 'services', 'gateway')
const builtPageIn = (root: string) => join(gatewayIn(root), 'dist', 'index.html')

/** What the page is built from: the inputs that turbo.json names, too. */
const sourcesOf = (root: string): string[] => [
  join(gatewayIn(root), 'web'),
  join(root, 'libs', 'contracts', 'src'),
  join(root, 'libs', 'runtime', 'styles'),
]

/** Whether the web page's sources are newer than what was built from them; asking turbo instead takes a second. */
export const isPageStale = (root: string): boolean => {
  if (!existsSync(join(gatewayIn(root), 'web'))) return false
  const newest = Math.max(...sourcesOf(root).map(newestIn), changedAt(join(gatewayIn(root), 'package.json')))
  return newest > changedAt(builtPageIn(root))
}

/** @throws when the build fails, with its output */
export const buildPage = async (
  root: string,
  { registryDir, signal, log }: { registryDir: string; signal: AbortSignal; log: Log },
): Promise<void> => {
  const startedAt = Date.now()
  const { code, lines } = await runToEnd(
    {
      name: 'page-build',
      command: join(root, 'node_modules', '.bin', 'turbo'),
      args: ['run', 'build', '--filter=@slipstream/gateway', '--output-logs=errors-only'],
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
      registryDir,
    },
    signal,
  )
  if (code !== 0) throw new PageBuildError(`turbo run build ended with code ${code}:\n${lines.join('\n')}`)
  // A result that turbo has in its cache keeps its old time.
  const now = new Date()
  await utimes(builtPageIn(root), now, now)
  log(`web page built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Builds the page whenever its sources change; the gateway reads what was built at each request. A failed build is told and waits. */
export const pageWatchPart = ({
  root,
  registryDir,
  onLine,
}: {
  root: string
  registryDir: string
  onLine: Log
}): Part<Running> => ({
  name: 'page-watch',
  start: () =>
    superviseProcess({
      name: 'page-watch',
      command: join(root, 'node_modules', '.bin', 'vite'),
      args: ['build', 'web', '--watch', '--logLevel', 'warn'],
      cwd: gatewayIn(root),
      env: { ...process.env, NO_COLOR: '1' },
      registryDir,
      onLine,
    }),
})
