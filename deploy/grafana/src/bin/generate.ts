import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { boards, dashboardOf } from '../index.ts'

const folder = resolve(import.meta.dirname, '../../dashboards')

for (const board of boards) {
  await writeFile(join(folder, `${board.uid}.json`), `${JSON.stringify(dashboardOf(board), null, 2)}\n`)
}
