/** What came of the rows of an attack table: how many were tried, and which of them got through. */
export const createAttackTable = () => {
  const accepted: string[] = []
  let tries = 0
  return {
    /** @param isRefused false where the attacker gained anything, or the answer was a 5xx */
    record: (what: string, isRefused: boolean) => {
      tries += 1
      if (!isRefused) accepted.push(what)
    },
    summary: () => ({ tries, accepted }),
  }
}
