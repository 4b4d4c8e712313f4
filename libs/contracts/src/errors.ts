// What the app imports too, and therefore free of zod, which Metro would take along.
export * from './actionable-error.ts'
export * from './error-catalogue.ts'
export * from './link-failure.ts'
export * from './way-out.ts'
