import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BSON } from 'mongodb'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { goldenVersions, writeGolden } from './files.ts'
import { record } from './record.ts'
import { playStory } from './story.ts'

// Freezes what this code writes as a release: events, rows and schemas, into libs/contracts/golden/<version>.
//   npm run freeze -- 0.2
// Later releases have to read all of it, so a folder that is there is never written again.

/** Seals the frozen credentials, so that later code can be seen to open them. Known to everybody: of no use elsewhere. */
const tokenKeys = `golden:${Buffer.alloc(32, 'golden key of frozen test rows').toString('base64')}`

const documentsFolder = join(import.meta.dirname, '../../docs/api')

/** Rows of the same shape tell nothing new; of a collection with more shapes than this the first are kept. */
const shapesKept = 24

const freeze = async (version: string): Promise<void> => {
  for (const name of ['asyncapi', 'openapi']) {
    writeGolden(version, 'schemas', name, readFileSync(join(documentsFolder, `${name}.json`), 'utf8').trim())
  }
  const system = await startSystem('freeze', { TOKEN_KEYS: tokenKeys })
  try {
    const { natsUrl, mongodbUri } = system.endpoints
    if (!natsUrl || !mongodbUri) throw new Error('the servers of the system are not known')
    const recording = await record({ natsUrl, mongoUri: mongodbUri })
    await playStory(system)
    await until(20_000, async () => {
      if (!recording.events().has('athlete.erased')) throw new Error('the last event was not heard')
    })
    await recording.settle()
    for (const [type, events] of recording.events()) {
      writeGolden(version, 'events', type, JSON.stringify(events.slice(0, shapesKept), null, 2))
    }
    for (const [collection, rows] of recording.rows()) {
      writeGolden(version, 'rows', collection, BSON.EJSON.stringify(rows.slice(0, shapesKept), undefined, 2))
    }
    await recording.stop()
  } finally {
    await system.stop()
  }
}

const [version] = process.argv.slice(2)
if (!version || !/^\d+\.\d+$/.test(version)) throw new Error('name the version: npm run freeze -- 0.2')
if (goldenVersions().includes(version)) throw new Error(`${version} is frozen already`)
await freeze(version)
