import { athletes } from './boards/athletes.ts'
import { pipeline } from './boards/pipeline.ts'
import { programme } from './boards/programme.ts'
import { quota } from './boards/quota.ts'

export const boards = [athletes, quota, pipeline, programme]
export { dashboardOf } from './board.ts'
