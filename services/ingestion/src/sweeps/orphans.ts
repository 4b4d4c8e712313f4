import type { Erasure } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

/** The net under the erasure: what a crashed worker wrote for a link that went away at that very moment. */
export const eraseOrphans =
  ({ erasure, facts }: { erasure: Erasure; facts: Facts }) =>
  async (signal: AbortSignal): Promise<void> => {
    const erased: string[] = []
    for (const linkId of await erasure.orphans()) {
      if (signal.aborted) break
      await erasure.eraseLink(linkId)
      erased.push(linkId)
    }
    if (erased.length > 0) facts.orphansErased(erased)
  }
