export type Cell = string | number

/** Columns as wide as what is in them, two spaces between; numbers stand at the right. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const all: (readonly Cell[])[] = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column] ?? '').length)))
  const pad = (cell: Cell, column: number): string => {
    const width = widths[column] ?? 0
    return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
  }
  return all.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}
