import { RefusalError } from '../domain/refusal.ts'

/** Rejects with `service_unavailable` when `work` takes longer; the work itself goes on, its late answer is dropped. */
export const withinDeadline = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
  const deadline = Promise.withResolvers<never>()
  const timer = setTimeout(() => deadline.reject(new RefusalError('service_unavailable')), limitMs)
  try {
    return await Promise.race([work, deadline.promise])
  } finally {
    clearTimeout(timer)
  }
}
