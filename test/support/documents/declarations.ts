// What of README and docs is not run or checked as it stands, and why. All of it is here; a line that matches nothing fails.

/** The first that matches a command counts. `bash -n` reads every command; what one names in this repository has to be there. */
export interface CommandDeclaration {
  command: RegExp
  /** Of these documents only. */
  documents?: RegExp
  /** Which test runs it otherwise, or why none can. */
  because: string
}

export const notRun: readonly CommandDeclaration[] = [
  {
    command: /./,
    documents: /^docs\/client\.md$/,
    because: 'fills a folder outside of this one; client-tarball.system.test.ts runs every line',
  },
  {
    command: /^curl /,
    documents: /^services\/simulator\//,
    because: 'services/simulator/test/readme.component.test.ts runs every line of this README',
  },
  {
    command: /^curl [\s\S]*(\{(id|code)\}| -X (POST|PUT|DELETE) )/,
    documents: /^docs\/reference\/http-api/,
    because: 'changes something, or takes an id; fuzzing.system.test.ts sends each of these requests',
  },
  { command: /^npm ci\b/, because: 'how the tests themselves came to run; .ci/run does it on a bare machine' },
  {
    command: /^npm start -w\b/,
    because: 'start.system.test.ts and promises.system tests start each service as this does',
  },
  { command: /^(npx vitest|npm run test:(at|long)|SLIPSTREAM_SEED=)/, because: 'runs tests: these are being run' },
  { command: /^TZ=\S+ npm run test:at/, because: 'runs tests: these are being run' },
  {
    command: /^npm run dev\b/,
    because: 'goes on until it is ended; launcher.component.test.ts starts the launcher in that way',
  },
  { command: /^npm run hooks\b/, because: 'writes a setting of git; pre-commit.system.test.ts runs the hook' },
  { command: /^npm run tour\b/, because: 'takes half a minute; tour.system.test.ts runs it' },
  { command: /^npm pack\b/, because: 'leaves a file behind; client-tarball.system.test.ts packs and installs it' },
  { command: /^nats --server /, because: 'needs the nats command, which comes from no package here' },
  {
    command: /^(npx expo|npm install \.|APP_DEEP_LINK=|npm run web|cd libs\/react-native)/,
    documents: /react-native/,
    because:
      'in an app of the reader, or in the example: expo-example.browser.test.ts installs, exports and runs that one',
  },
  { command: /^npm run build\b/, because: 'npm test builds before any test' },
  { command: /^npm run bench\b/, because: 'takes minutes; test/bench has tests of its own' },
  { command: /^(STRAVA_CLIENT_ID|MONGODB_URI)=/, because: 'holds values that only the reader has' },
  { command: /^npm run slipstream -- migrate$/, because: 'needs a system that is stopped; libs/cli tests it' },
  {
    command: /^(docker|deploy\/(backup|restore)|npx slipstream)\b/,
    because: 'needs the containers; containers.system.test.ts starts, asks, backs up, restores and ends them',
  },
  {
    command: /^(cp \.env\.example|mkdir -m 700 secrets|\(umask 077; cat|cd deploy$)/,
    documents: /^deploy\/README/,
    because: 'asks for a secret to be pasted; containers.system.test.ts fills the same files',
  },
  {
    command: /^(kubectl|helm|k8s\/make-secrets|for (part|name) in)/,
    because: 'needs a cluster; k8s.system.test.ts renders what it applies and makes the same secrets',
  },
  {
    command: /^node deploy\/nats\/src\/bin\/make-nats-auth\.ts/,
    because: 'makes keys in a folder of the reader; nats-users.system.test.ts runs it',
  },
]

/** Commands that go on until they are interrupted, and what they show when they do as they should. */
export const watched: readonly { command: RegExp; shows: RegExp }[] = [
  { command: /^npm run subscribe\b/, shows: /listening to/ },
  { command: /^curl -sN /, shows: /^event: status$/m },
]

/** What a document's TypeScript takes for given: put before each of its blocks. */
export const codeContext: Readonly<Record<string, string>> = {
  'docs/linking/web.md': `
    declare const location: { assign(url: string): void }`,
  'libs/embedded/README.md': `
    import { startMongo, startNats } from '@slipstream/embedded'
    declare const dataDir: string
    declare const log: (line: string) => void`,
  'libs/gate/README.md': `
    import { createCountedCall, createGate } from '@slipstream/gate'
    declare const log: { warn(fields: object, text: string): void }
    declare const { ledger, clock }: Parameters<typeof createCountedCall>[0]
    declare const { api, vault, stravaAthleteOf }: Parameters<typeof createGate>[0]
    declare const linkId: string, athleteId: string, after: Date, before: Date`,
  'libs/persistence/README.md': `
    declare const config: { mongodbUri: string }
    declare const clock: import('@slipstream/runtime').Clock`,
  'libs/service/README.md': `
    import { createService, type Composition, type ServiceOptions } from '@slipstream/service'
    declare const { config, log, metrics, clock }: ServiceOptions<'scheduler'>
    declare const { outbox, deliveries, consumers, tasks }: Composition`,
  'libs/strava/README.md': `
    declare const clientSecret: import('@slipstream/runtime').Secret
    declare const clientId: string, redirectUri: string, code: string
    declare const takeOnePermit: () => Promise<void>`,
  'libs/vault/README.md': `
    import type { createGrantVault as create, VaultOptions } from '@slipstream/vault'
    declare const store: import('@slipstream/persistence').Store<'gateway'>
    declare const config: { secrets: { tokenKeys: { reveal(): string } } }
    declare const clock: VaultOptions['clock']
    declare const oauth: { refresh(by: { refreshToken: Parameters<VaultOptions['refreshTokens']>[0] }): ReturnType<VaultOptions['refreshTokens']> }
    declare const verdictOf: VaultOptions['judge']
    declare const refreshTotal: { inc(labels: object): void }
    declare const linkId: string, stravaAthleteId: string, athleteId: string
    declare const tokens: Parameters<ReturnType<typeof create>['begin']>[0]['tokens']`,
}

/** Code that is not type-checked here, and why. */
export const notChecked: readonly { document: string; language: string; because: string }[] = [
  {
    document: 'docs/linking/react-native.md',
    language: 'tsx',
    because: 'needs React Native, which the example alone has: expo-example.browser.test.ts checks it there',
  },
  {
    document: 'services/simulator/README.md',
    language: 'ts',
    because: 'imports by a path that is right in the folder of a test; those of libs/gate and libs/strava do the same',
  },
]

/** Languages a block may have, and what is checked of them; a new one is added here. */
export const languages: Readonly<Record<string, string>> = {
  sh: 'run against a running system, or declared above',
  ts: 'type-checked',
  tsx: 'type-checked',
  json: 'parsed',
  yaml: 'parsed',
  mermaid: 'drawn when the site is built',
  promql: 'asked of a real Prometheus by alerts.system.test.ts, for runbooks',
  http: 'begins with a request or a status line',
  xml: 'nothing: settings of a project that is not here',
  text: 'nothing: neither code nor command',
  swift: 'nothing: there is no Swift compiler here, which the document says',
  kotlin: 'nothing: there is no Kotlin compiler here, which the document says',
}
