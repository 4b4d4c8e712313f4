import { enableCompileCache } from 'node:module'
import { compileCacheIn } from '@slipstream/embedded/compile-cache'
import { defaultCacheDir, projectRoot } from '@slipstream/embedded/paths'

// Before the rest is loaded: half of a warm start would otherwise go into parsing.
const compileCache = await compileCacheIn(defaultCacheDir())
if (compileCache) enableCompileCache(compileCache)
const { main } = await import('../main.ts')
await main(process.argv.slice(2), projectRoot)
