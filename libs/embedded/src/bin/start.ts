import { enableCompileCache } from 'node:module'
import { compileCacheIn } from '../compile-cache.ts'
import { defaultCacheDir, projectRoot } from '../paths.ts'

// Before the rest is loaded: half of a warm start would otherwise go into parsing.
const compileCache = await compileCacheIn(defaultCacheDir())
if (compileCache) enableCompileCache(compileCache)
const { main } = await import('../launcher/main.ts')
await main(process.argv.slice(2), projectRoot)
