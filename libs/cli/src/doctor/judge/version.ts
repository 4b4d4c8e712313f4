/** Whether a version such as `2.9.10` comes before another; what stands behind the numbers (`-rc.1`) does not count. */
export const isOlder = (version: string, than: string): boolean => {
  const numbers = (text: string) => text.split(/[-+]/, 1).join('').split('.').map(Number)
  const [one, other] = [numbers(version), numbers(than)]
  const at = other.findIndex((number, index) => (one[index] ?? 0) !== number)
  return at !== -1 && (one[at] ?? 0) < (other[at] ?? 0)
}
