export { consent, cookiesOf, locationOf } from './demo/consent.ts'
export { type Control, createControl } from './demo/control.ts'
export { createWebAthlete, type WebAthlete } from './demo/web-athlete.ts'
export { type Endpoints, readEndpoints } from './endpoints.ts'
