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

const isMade = (name: string): boolean => name === 'dist' || name === 'node_modules' || name === '.turbo'

/** When the file, or what in the folder was changed last, was changed; what is built there and installed there aside. */
const newestIn = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? Math.max(
        0,
        ...readdirSync(path)
          .filter((name) => !isMade(name))
          .map((name) => newestIn(join(path, name))),
      )
    : changedAt(path)

const entriesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [])

/** The folder and the folders in it, so many levels down. */
const foldersFrom = (folder: string, levels: number): string[] => [
  folder,
  ...(levels === 0 ? [] : entriesIn(folder))
    .filter((entry) => entry.isDirectory() && !isMade(entry.name))
    .flatMap(({ name }) => foldersFrom(join(folder, name), levels - 1)),
]

/** The documents outside `docs`. A glob as in turbo.json would read every folder, which takes longer than all the rest. */
const documentsElsewhere = (root: string): string[] => [
  ...entriesIn(root).flatMap(({ name }) => (name.endsWith('.md') ? join(root, name) : [])),
  ...['deploy', 'k8s', 'libs', 'services', 'test']
    .flatMap((folder) => foldersFrom(join(root, folder), 2))
    .map((folder) => join(folder, 'README.md')),
]

const gatewayIn = (root: string) => join(root, 'services', 'gateway')

const lookIn = (root: string) => join(root, 'libs', 'runtime', 'styles')

/** What is built for people to look at, the web page and the documents at /docs, and from what: the inputs that turbo.json names. */
const buildsIn = (root: string) => [
  {
    built: join(gatewayIn(root), 'dist', 'index.html'),
    sources: [
      join(gatewayIn(root), 'web'),
      join(gatewayIn(root), 'package.json'),
      join(root, 'libs', 'contracts', 'src'),
      lookIn(root),
    ],
  },
  {
    built: join(root, 'docs', 'dist', 'index.html'),
    sources: [join(root, 'docs'), lookIn(root), ...documentsElsewhere(root)],
  },
]

/** Whether a source is newer than what was built from it; asking turbo instead takes a second. */
export const isPageStale = (root: string): boolean =>
  buildsIn(root).some(({ built, sources }) => {
    const [first = ''] = sources
    return changedAt(first) > 0 && Math.max(...sources.map(newestIn)) > changedAt(built)
  })

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
      args: ['run', 'build', '--filter=@slipstream/gateway', '--filter=@slipstream/docs', '--output-logs=errors-only'],
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
      registryDir,
    },
    signal,
  )
  if (code !== 0) throw new PageBuildError(`turbo run build ended with code ${code}:\n${lines.join('\n')}`)
  // A result that turbo has in its cache keeps its old time.
  const now = new Date()
  await Promise.all(buildsIn(root).map(({ built }) => existsSync(built) && utimes(built, now, now)))
  log(`web page and documents built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
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
