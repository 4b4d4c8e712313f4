import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { defaultCacheDir, projectRoot } from '../paths.ts'

// Before the rest is loaded: half of a warm start would otherwise go into parsing.
enableCompileCache(join(defaultCacheDir(), 'compile'))
const { main } = await import('../launcher/main.ts')
await main(process.argv.slice(2), projectRoot)
