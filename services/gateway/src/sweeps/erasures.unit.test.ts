import { systemClock } from '@slipstream/runtime'
import { expect, it } from 'vitest'
import type { UnlinkReceipt } from '../domain/model.ts'
import { sweepErasures } from './erasures.ts'

it('records what was erased although another receipt fails', async () => {
  const recorded: string[] = []
  const failed: string[] = []
  const receiptIds = ['rcp_bad', 'rcp_good']
  const sweep = sweepErasures({
    receipts: {
      unerased: async () => receiptIds.map((receiptId) => ({ receiptId }) as UnlinkReceipt),
      recordErasure: async (receiptId) => {
        if (receiptId === 'rcp_bad') throw new Error('cannot be written')
        return recorded.push(receiptId) > 0
      },
    },
    erasures: { done: async (ids) => new Map(ids.map((id) => [id, { deleted: {}, erasedAt: new Date() }])) },
    clock: systemClock,
    facts: { rowFailed: (what) => void failed.push(what) },
  })
  await sweep()
  expect({ recorded, failed }).toEqual({ recorded: ['rcp_good'], failed: ['erasures'] })
})
