export { findBrowser, howToGetBrowser, launchBrowser } from './browser.ts'
export { type ClusterMember, startTestMongoSet, startTestNatsCluster, type TestCluster } from './clusters.ts'
export { goldenRows, goldenVersions, insertGoldenRows } from './golden-rows.ts'
export { linkRow } from './link-row.ts'
export { type BeforeOperation, createMemoryStore, type MemoryStore } from './memory/store.ts'
export { findPrometheus, hasPrometheus, howToGetPrometheus } from './prometheus.ts'
export {
  startTestMongo,
  startTestNats,
  type TestDatabase,
  type TestMongo,
  type TestNats,
  testDatabase,
} from './servers.ts'
export { isRequestStored } from './sync-requests.ts'
export { temporaryFolder } from './temporary-folder.ts'
export { makeTestFolder } from './test-folders.ts'
