export {
  type Composition,
  createService,
  type RepeatedTask,
  type RunningService,
  type ServiceOptions,
  type ServiceParts,
} from './service.ts'
