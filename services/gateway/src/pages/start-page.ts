import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RequestHandler } from 'express'

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const emptyConfig = '<script type="application/json" id="config"></script>'

/** A `<` could end the block that the text stands in. JSON has it in strings only, where it may be written in this way. */
export const withConfig = (page: string, config: object): string => {
  const text = JSON.stringify(config).replaceAll('<', '\\u003c')
  return page.replace(emptyConfig, () => emptyConfig.replace('><', () => `>${text}<`))
}

/**
 * The built page, with what it needs to know before sign-in written into it: asking for that would hold it up by one more
 * round trip. The block is data, no script, so that the content security policy has no say in it. Passes on while there is no
 * built page.
 */
export const startPage =
  (pageFolder: string, config: object): RequestHandler =>
  async (_request, response, next) => {
    try {
      const built = await readFile(join(pageFolder, 'index.html'), 'utf8')
      response.set('Cache-Control', 'no-cache').type('html').send(withConfig(built, config))
    } catch (error) {
      if (!isMissing(error)) throw error
      next()
    }
  }
