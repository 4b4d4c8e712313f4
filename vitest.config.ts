import { defineConfig } from 'vitest/config'

/** Every wait for a condition is a patient one. */
const setupFiles = ['libs/testing/src/patience.ts']

/** These have the machine to themselves: they bound how long something takes, or kill, stop and starve processes by the second. */
const alone = [
  'test/containers.system.test.ts',
  'test/promises/{crashed-refresh,deploys,failover,flat,forged-webhooks}.system.test.ts',
  'test/promises/{nats-outage,nats-wiped,one-refresh,paused-workers,quota,webhooks-kept}.system.test.ts',
]

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
          include: ['{deploy,libs,services}/*/{src,test,web}/**/*.unit.test.ts', '{docs/site,test}/**/*.unit.test.ts'],
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
          include: ['test/**/*.{system,browser}.test.ts'],
          exclude: alone,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Whole systems two at a time, once the servers of the others are gone.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          setupFiles,
          include: alone,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
