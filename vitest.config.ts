import { defineConfig } from 'vitest/config'

/** Every wait for a condition is a patient one. */
const setupFiles = ['libs/testing/src/patience.ts']

export default defineConfig({
  test: {
    // Many tests wait for servers most of the time: one core less than there are, as is usual, would leave half of two idle.
    maxWorkers: '100%',
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          testTimeout: 60_000,
          include: ['{deploy,libs,services}/*/{src,test,web}/**/*.unit.test.ts', 'test/**/*.unit.test.ts'],
        },
      },
      {
        test: {
          name: 'component',
          setupFiles,
          include: ['{deploy,libs,services}/*/{src,test}/**/*.{component,contract}.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['libs/testing/src/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'system',
          setupFiles,
          include: ['test/**/*.system.test.ts', 'test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
