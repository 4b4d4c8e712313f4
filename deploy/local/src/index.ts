export { type Endpoints, readEndpoints } from './endpoints.ts'
