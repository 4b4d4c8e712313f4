import { expect, it, vi } from 'vitest'

it('waits for what comes later than the time a test has named', async () => {
  let come = false
  setTimeout(() => {
    come = true
  }, 60)
  await vi.waitFor(() => expect(come).toBe(true), 10)
  await vi.waitFor(() => expect(come).toBe(true), { timeout: 10 })
})
