/** For documents people read: `format` says what a time looks like, zod's long pattern beside it says nothing more. */
export const withoutTimePattern = (schema: { format?: string; pattern?: string }): void => {
  if (schema.format === 'date-time' || schema.format === 'date') delete schema.pattern
}
