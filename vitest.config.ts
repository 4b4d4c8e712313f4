import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{libs,services}/*/{src,test,web}/**/*.unit.test.ts'],
        },
      },
      {
        test: {
          name: 'component',
          include: ['{libs,services}/*/{src,test}/**/*.{component,contract}.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          globalSetup: ['libs/testing/src/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts', 'test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
