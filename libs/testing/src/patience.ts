import { vi } from 'vitest'

/** How soon a condition comes says something of the machine, not of the code: only one that never comes is a failure. */
const patienceMs = 30_000

const { waitFor } = vi

/** A test may ask for more patience, not for less; what has to be fast is measured, not waited for briefly. */
vi.waitFor = (check, options = {}) => {
  const { timeout = 0, interval = 20 } = typeof options === 'number' ? { timeout: options } : options
  return waitFor(check, { timeout: Math.max(timeout, patienceMs), interval })
}
