import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { remark } from 'remark'
import remarkGfm from 'remark-gfm'
import remarkValidateLinks from 'remark-validate-links'
import type { Plugin } from 'unified'
import { engine } from 'unified-engine'
import type { VFile } from 'vfile'
import { projectRoot } from './blocks.ts'

/** Links and anchors of these documents that lead nowhere, one a line. */
export const deadLinks = async (documents: readonly string[]): Promise<string[]> => {
  const streamError = new PassThrough()
  const report = text(streamError)
  await new Promise<void>((done, fail) =>
    engine(
      {
        processor: remark().use(remarkGfm),
        // Not used by the processor itself: only as the engine's does it learn of the headings of other documents.
        plugins: [[remarkValidateLinks as unknown as Plugin, { repository: false, root: projectRoot }]],
        files: [...documents],
        cwd: projectRoot,

        output: false,
        out: false,
        streamError,
        color: false,
        reporter: (files: VFile[]) =>
          files
            .flatMap(({ path, messages }) =>
              messages.map(
                ({ place, reason }) =>
                  `${path}:${place && 'start' in place ? place.start.line : place?.line} ${reason}`,
              ),
            )
            .join('\n'),
      },
      (error) => (error ? fail(error) : done()),
    ),
  )
  streamError.end()
  return (await report).split('\n').filter(Boolean)
}
