import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '@slipstream/embedded'
import { until } from '../support/until.ts'
import { type Bench, spreadOf, summarise } from './report.ts'

const projectRoot = resolve(import.meta.dirname, '../..')

/** Resident memory of a process and all its descendants, in MB; shared pages count once per process. Linux only. */
const treeMegabytes = (root: number): number => {
  const parents = new Map<number, number>()
  const memory = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8')
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]))
      memory.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024)
    } catch (error) {
      // A process may end while the list is read.
      if (!['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) throw error
    }
  }
  const isInTree = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isInTree(parents.get(pid)))
  return [...memory].filter(([pid]) => isInTree(pid)).reduce((sum, [, megabytes]) => sum + megabytes, 0)
}

const startOnce = async (dataDir: string) => {
  const port = await freePort()
  const startedAt = performance.now()
  const child = spawn('npm', ['start'], {
    cwd: projectRoot,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, SLIPSTREAM_DATA_DIR: dataDir, PORT: String(port) },
  })
  if (child.pid === undefined) throw new Error('npm cannot be started')
  await until(
    120_000,
    async () => {
      const page = await fetch(`http://localhost:${port}/`)
      const config = await fetch(`http://localhost:${port}/config.json`)
      if (!page.ok || !config.ok) throw new Error(`the page answers ${page.status}`)
      const { issuer } = (await config.json()) as { issuer: string }
      const signIn = await fetch(`${issuer}/.well-known/openid-configuration`)
      if (!signIn.ok) throw new Error('nobody can sign in')
    },
    10,
  )
  const pageMs = performance.now() - startedAt
  const megabytes = treeMegabytes(child.pid)
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGINT')
  await exited
  return { pageMs, megabytes }
}

/** `npm start` until the page can be used (page, its settings and sign-in answer), and the memory of the whole tree. */
export const benchStart: Bench = async (runs) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-bench-'))
  try {
    const first = await startOnce(dataDir)
    const samples = []
    for (let run = 0; run < runs; run += 1) samples.push(await startOnce(dataDir))
    const megabytes = Math.max(...samples.map((sample) => sample.megabytes))
    return {
      title: `start: npm start on empty data, then ${runs} warm starts on the same data`,
      figures: [
        { what: 'first start → page', measured: spreadOf(summarise([first.pageMs])) },
        { what: 'warm start → page', measured: spreadOf(summarise(samples.map(({ pageMs }) => pageMs))) },
        { what: 'whole process tree, npm included', measured: `${Math.round(megabytes)} MB resident` },
      ],
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
