import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { blocksOf } from './documents/blocks.ts'
import { typeErrorsOf } from './documents/type-check.ts'

const run = promisify(execFile)

const projectRoot = resolve(import.meta.dirname, '../..')
const exampleDir = join(projectRoot, 'libs/react-native/example')
const howToInstall = 'npm ci --prefix libs/react-native/example'

/** Without the example's own packages its tests are skipped and that is said; not so in CI, where it throws. */
export const hasExample = (): boolean => {
  if (existsSync(join(exampleDir, 'node_modules/expo'))) return true
  if (process.env.CI) throw new Error(`tests of the Expo example must not be skipped here: ${howToInstall}`)
  console.warn(`Tests of the Expo example are skipped: ${howToInstall}`)
  return false
}

const inExample = (script: string) => run('npm', ['run', '--silent', script], { cwd: exampleDir, timeout: 240_000 })

/** @throws with what the compiler says */
export const typecheckExample = async (): Promise<void> => {
  await inExample('typecheck').catch((error: { stdout?: string }) => {
    throw new Error(error.stdout)
  })
}

/** What the compiler says of the components in a document, with the example's packages and settings. */
export const snippetErrors = (document: string): string[] =>
  typeErrorsOf(
    blocksOf(document).filter(({ language }) => language === 'tsx'),
    { folder: join(exampleDir, 'snippets'), tsconfig: '../tsconfig.json' },
  )

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.ico': 'image/x-icon' }

export interface ExportedApp {
  origin: string
  close(): Promise<void>
}

/** Builds the web export; resolves to its folder. */
export const exportExample = async (): Promise<string> => {
  await inExample('export:web')
  return join(exampleDir, 'dist')
}

/** Serves the export on a port of its own, until closed: every address that is no file is the app. */
export const serveApp = async (port: number, folder: Promise<string>): Promise<ExportedApp> => {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = extname(pathname) === '' ? '/index.html' : pathname
    try {
      const body = await readFile(join(await folder, file))
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
      response.end(body)
    } catch {
      response.statusCode = 404
      response.end()
    }
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
