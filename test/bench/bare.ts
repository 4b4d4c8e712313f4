import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Express and the driver alone, in a process of its own as the gateway is. */
export const startBareServer = async (mongodbUri: string): Promise<{ url: string; stop(): Promise<void> }> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-server.ts')], {
    env: { ...process.env, MONGODB_URI: mongodbUri },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: `http://127.0.0.1:${port.toString().trim()}`,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}
