import { InvalidArgumentError } from 'commander'

const most = 1_000

export const parseLimit = (text: string): number => {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1 || limit > most) throw new InvalidArgumentError(`from 1 to ${most}`)
  return limit
}
