import { execFile } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@slipstream/testing'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

it('the hook refuses a commit that is badly formatted or of wrong types, and looks at what is staged', async () => {
  const folder = await temporaryFolder()
  for (const name of ['.githooks', '.gitignore', 'biome.json', 'package.json']) {
    await cp(join(root, name), join(folder, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const page = join(folder, 'services/gateway/web')
  const site = join(folder, 'docs/site')
  await mkdir(page, { recursive: true })
  await mkdir(site, { recursive: true })
  const types = JSON.stringify({ compilerOptions: { noEmit: true, strict: true, types: [] } })
  for (const place of [folder, page, site]) {
    await writeFile(join(place, 'tsconfig.json'), types)
    await writeFile(join(place, 'a.ts'), 'export const a: number = 1\n')
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], { cwd: folder })
  const committed = async () => (await git('log', '--format=%s')).stdout.trim().split('\n')

  await git('init', '--quiet')
  await git('add', 'services', 'docs', '.githooks')
  await git('commit', '--quiet', '-m', 'without a hook')
  await run('npm', ['run', '--silent', 'hooks'], { cwd: folder })

  await writeFile(join(folder, 'b.ts'), 'export const b = "1";\n')
  await git('add', 'a.ts')
  await git('commit', '--quiet', '-m', 'what is not staged is no matter')
  await git('add', 'b.ts')
  await expect(git('commit', '--quiet', '-m', 'badly formatted')).rejects.toThrow(/b\.ts/)
  await writeFile(join(folder, 'b.ts'), "export const b: number = '1'\n")
  await git('add', 'b.ts')
  await expect(git('commit', '--quiet', '-m', 'of wrong types')).rejects.toThrow(/TS2322/)
  expect(await committed()).toEqual(['what is not staged is no matter', 'without a hook'])
})
