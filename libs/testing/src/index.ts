export { findBrowser, howToGetBrowser, launchBrowser } from './browser.ts'
export { startTestNats, type TestDatabase, type TestNats, testDatabase } from './servers.ts'
