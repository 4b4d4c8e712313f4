import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Prints `N passed, N failed` as the very last line. A test file that could not be run counts as a failure, and so does
 * an error outside any test; skipped tests are shown too, and in CI they fail the run.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    const skipped = inState('skipped')
    const brokenFiles = modules.filter((module) => module.errors().length > 0)
    const forbiddenSkips = process.env.CI ? skipped.length : 0
    const failed = inState('failed').length + brokenFiles.length + errors.length + forbiddenSkips
    for (const test of skipped) process.stdout.write(`skipped: ${test.module.relativeModuleId} > ${test.fullName}\n`)
    if (forbiddenSkips > 0) process.exitCode = 1
    const suffix = skipped.length > 0 && forbiddenSkips === 0 ? `, ${skipped.length} skipped` : ''
    process.stdout.write(`\n${inState('passed').length} passed, ${failed} failed${suffix}\n`)
  }
}
