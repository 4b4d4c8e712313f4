export * from '../src/index.ts'
export { ConnectStravaStep, type ConnectStravaStepProps } from './connect-strava-step.tsx'
export { expoPorts } from './expo-ports.ts'
export { type StravaLink, useStravaLink } from './use-strava-link.ts'
