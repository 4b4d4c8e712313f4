import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, isPortFree, type Log } from '@slipstream/embedded'
import type { Environment } from '@slipstream/runtime'

export interface Ports {
  gateway: { port: number; opsPort: number }
  scheduler: { opsPort: number }
  ingestion: { opsPort: number }
  simulator: { port: number; opsPort: number }
  /** Null where there is none. */
  prometheus: { port: number } | null
}

const usualPrometheusPort = 9090

export const usualPorts: Ports = {
  gateway: { port: 3000, opsPort: 9101 },
  scheduler: { opsPort: 9102 },
  ingestion: { opsPort: 9103 },
  simulator: { port: 4400, opsPort: 9104 },
  prometheus: { port: usualPrometheusPort },
}

const fileIn = (dataDir: string) => join(dataDir, 'simulator-port')

/** The simulator's port is part of its issuer's name: on another port the same people would be strangers. */
const lastSimulatorPort = async (dataDir: string): Promise<number | null> => {
  const text = await readFile(fileIn(dataDir), 'utf8').catch(() => '')
  return Number(text) || null
}

/**
 * The usual ports where they are free, others where not; PORT and OPS_PORT of the user's are for the gateway, and all others
 * make way for them. 0 is any free one, and PORT=0 no usual one for any part: whoever starts several systems at once would
 * otherwise have two of them see the same port free. The simulator keeps the port it had with this data while that is free.
 */
export const choosePorts = async (
  env: Environment,
  dataDir: string,
  { hasPrometheus, log }: { hasPrometheus: boolean; log: Log },
): Promise<Ports> => {
  const taken = new Set<number>()
  const keep = (port: number) => {
    taken.add(port)
    return port
  }
  const pick = async (what: string, wanted: number) => {
    let port = wanted
    while (taken.has(port) || !(await isPortFree(port))) port = await freePort()
    if (port !== wanted) log(`port ${wanted} is taken, the ${what} uses ${port}`)
    return keep(port)
  }
  const pickUsual = async (what: string, usual: number) =>
    env.PORT === '0' ? keep(await freePort()) : pick(what, usual)
  const own = async (set: string | undefined) => {
    if (!set) return null
    return keep(Number(set) || (await freePort()))
  }
  const ownPort = await own(env.PORT)
  const ownOpsPort = await own(env.OPS_PORT)
  const lastPort = await lastSimulatorPort(dataDir)
  const simulatorPort = lastPort
    ? await pick('simulator', lastPort)
    : await pickUsual('simulator', usualPorts.simulator.port)
  await writeFile(fileIn(dataDir), String(simulatorPort))
  return {
    gateway: {
      port: ownPort ?? (await pickUsual('gateway', usualPorts.gateway.port)),
      opsPort: ownOpsPort ?? (await pickUsual("gateway's operations port", usualPorts.gateway.opsPort)),
    },
    scheduler: { opsPort: await pickUsual("scheduler's operations port", usualPorts.scheduler.opsPort) },
    ingestion: { opsPort: await pickUsual("ingestion's operations port", usualPorts.ingestion.opsPort) },
    simulator: {
      port: simulatorPort,
      opsPort: await pickUsual("simulator's operations port", usualPorts.simulator.opsPort),
    },
    prometheus: hasPrometheus ? { port: await pickUsual('Prometheus', usualPrometheusPort) } : null,
  }
}
