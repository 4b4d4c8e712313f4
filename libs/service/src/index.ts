export {
  type Composition,
  createService,
  type RepeatedTask,
  type RunningService,
  type ServiceOptions,
  type ServiceParts,
} from './service.ts'
export { type CommonConfig, commonSettings, toCommonConfig } from './settings.ts'
