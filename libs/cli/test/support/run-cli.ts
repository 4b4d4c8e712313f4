import { main } from '../../src/main.ts'

/** Runs a command in this process with these settings alone. */
export const runCli = async (args: readonly string[], env: Record<string, string>) => {
  let [out, err] = ['', '']
  const write = (text: string) => {
    out += text
  }
  const writeError = (text: string) => {
    err += text
  }
  const code = await main(args, { env, write, writeError })
  return { code, out, err, json: () => JSON.parse(out) }
}
