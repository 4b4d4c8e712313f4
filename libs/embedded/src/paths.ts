import { join, resolve } from 'node:path'

/** The folder that holds the workspace; this file is at libs/embedded/src inside it. */
export const projectRoot = resolve(import.meta.dirname, '../../..')

/** Where fetched servers are kept between runs: SLIPSTREAM_CACHE_DIR, or `.slipstream/cache` in the project. */
export const defaultCacheDir = (): string =>
  resolve(process.env.SLIPSTREAM_CACHE_DIR || join(projectRoot, '.slipstream', 'cache'))
