import { once } from 'node:events'
import type { ServiceProcess } from './fleet.ts'

/** Settings of a process whose heap is to be measured: only the inspector, on a port of its own. */
export const inspected = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/** Bytes in use after a forced collection, asked of the process's inspector. */
export const heapInUse = async (service: ServiceProcess): Promise<number> => {
  const [, url = ''] = /Debugger listening on (ws:\S+)/.exec(service.output()) ?? []
  const inspector = new WebSocket(url)
  await once(inspector, 'open')
  const ask = async (method: string): Promise<{ usedSize?: number }> => {
    inspector.send(JSON.stringify({ id: 1, method }))
    const [{ data }] = (await once(inspector, 'message')) as [{ data: string }]
    return (JSON.parse(data) as { result: { usedSize?: number } }).result
  }
  try {
    // What finalisers let go of is gone with the second.
    await ask('HeapProfiler.collectGarbage')
    await ask('HeapProfiler.collectGarbage')
    const { usedSize = Number.NaN } = await ask('Runtime.getHeapUsage')
    return usedSize
  } finally {
    inspector.close()
  }
}
