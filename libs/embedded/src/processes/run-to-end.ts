import { type Exit, type SuperviseOptions, superviseProcess } from './supervise.ts'

/**
 * Runs a command that ends by itself; a start that is given up kills it.
 * @throws the signal's reason when it is aborted
 */
export const runToEnd = async (
  command: Omit<SuperviseOptions, 'onLine'>,
  signal: AbortSignal,
): Promise<{ code: Exit['code']; lines: string[] }> => {
  const lines: string[] = []
  const process = await superviseProcess({ ...command, onLine: (line) => lines.push(line) })
  signal.addEventListener('abort', process.kill, { once: true })
  const { code } = await process.exited
  signal.throwIfAborted()
  return { code, lines }
}
