export { findBrowser, howToGetBrowser, launchBrowser } from './browser.ts'
export { goldenRows, goldenVersions, insertGoldenRows } from './golden-rows.ts'
export { startTestNats, type TestDatabase, type TestNats, testDatabase } from './servers.ts'
export { makeTestFolder } from './test-folders.ts'
