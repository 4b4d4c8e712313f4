import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { publishedManifest } from '../generation/published-manifest.ts'

// Makes dist, the folder that is packed and published: Node strips no types of what lies in node_modules.

const workspace = join(import.meta.dirname, '../..')
const dist = join(workspace, 'dist')
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: workspace, stdio: 'inherit' })
const manifest = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'))
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
copyFileSync(join(workspace, 'README.md'), join(dist, 'README.md'))
copyFileSync(join(workspace, '../../LICENSE'), join(dist, 'LICENSE'))
