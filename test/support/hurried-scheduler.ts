import { runService } from '@slipstream/runtime'
import { schedulerConfig } from '../../services/scheduler/src/config.ts'
import { createScheduler } from '../../services/scheduler/src/service.ts'

// The scheduler as it is, but that it looks after what was lost four times as soon.
const timeFactor = 4
const timings = { sweepEveryMs: 15_000 / timeFactor, staleAfterMs: 40_000 / timeFactor }

await runService(() => createScheduler(schedulerConfig(), { timings }))
