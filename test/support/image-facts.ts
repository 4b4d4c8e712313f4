import { docker, type ImageName, imageOf } from './containers.ts'

/** What every image of this project is made from. */
export const baseImage = 'node:24-bookworm-slim'

export interface ImageFacts {
  user: string
  labels: Record<string, string>
  hasHealthcheck: boolean
  /** Of all layers that are not the base image's. */
  ownMegabytes: number
  /** Folders of this repository that are in it, such as `libs/runtime`. */
  workspaces: string[]
  /** Of all installed packages. */
  packages: string[]
  /** What the installed packages and the workspaces say that they need to run. */
  needed: string[]
  /** Paths of files that are there to test or to develop. */
  developmentFiles: string[]
}

interface Inspection {
  Size: number
  Config: { User: string; Labels: Record<string, string>; Healthcheck?: object }
}

const inspect = async (image: string): Promise<Inspection> =>
  JSON.parse(await docker('image', 'inspect', '--format', '{{json .}}', image)) as Inspection

/** Run inside the image: what is in /app. */
const lookAround = `
const { globSync, readFileSync } = require('node:fs')
const cwd = '/app'
// What is served at /docs is no less the product for being Markdown.
const own = { cwd, exclude: (path) => path.endsWith('node_modules') || path === 'docs/dist' }
const installed = globSync('**/node_modules/{*,@*/*}/package.json', { cwd })
const workspaces = globSync('{libs,services,deploy,test}/*/package.json', own)
const needsOf = (path) => Object.keys(JSON.parse(readFileSync('/app/' + path, 'utf8')).dependencies ?? {})
const nameOf = (path) => path.replace(/^.*node_modules\\//, '').replace(/\\/package\\.json$/, '')
process.stdout.write(JSON.stringify({
  workspaces: workspaces.map((path) => path.replace('/package.json', '')),
  packages: installed.map(nameOf),
  needed: [...new Set([...installed, ...workspaces].flatMap(needsOf))],
  developmentFiles: globSync('**/{*.test.ts,*.md,test,golden,web,.env,secrets,.git}', own),
}))`

export const imageFacts = async (name: ImageName): Promise<ImageFacts> => {
  const [image, base] = [await inspect(imageOf(name)), await inspect(baseImage)]
  const found = await docker(
    'run',
    '--rm',
    '--network',
    'none',
    '--entrypoint',
    'node',
    imageOf(name),
    '-e',
    lookAround,
  )
  return {
    user: image.Config.User,
    labels: image.Config.Labels,
    hasHealthcheck: image.Config.Healthcheck !== undefined,
    ownMegabytes: Math.round((image.Size - base.Size) / 1e6),
    ...(JSON.parse(found) as Pick<ImageFacts, 'workspaces' | 'packages' | 'needed' | 'developmentFiles'>),
  }
}
