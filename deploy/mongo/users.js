/* global connect, sleep, print, quit */
// Run by mongosh at each `docker compose up`: makes the one server a replica set and each service a user. Changes nothing
// that is there but passwords that differ.
const { readFileSync } = require('node:fs')

const passwordOf = (user) => readFileSync(`/run/secrets/${user}-password`, 'utf8').trim()

const deadline = Date.now() + 60_000

// While it makes its first user the server answers on its own loopback address only.
let admin = null
while (admin === null) {
  try {
    admin = connect('mongodb://mongo:27017/admin?directConnection=true')
  } catch (error) {
    if (Date.now() > deadline) throw error
    sleep(200)
  }
}
admin.auth('root', passwordOf('root'))

try {
  admin.adminCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] } })
  print('made the replica set')
} catch (error) {
  if (error.codeName !== 'AlreadyInitialized') throw error
}
while (!admin.hello().isWritablePrimary) {
  if (Date.now() > deadline) throw new Error('the server did not become primary within 60 s')
  sleep(100)
}

const database = 'slipstream'
const roles = {
  gateway: [{ role: 'readWrite', db: database }],
  scheduler: [{ role: 'readWrite', db: database }],
  ingestion: [{ role: 'readWrite', db: database }],
  operator: [
    { role: 'readWrite', db: database },
    { role: 'clusterMonitor', db: 'admin' },
  ],
}
for (const [user, granted] of Object.entries(roles)) {
  const settings = { pwd: passwordOf(user), roles: granted }
  if (admin.getUser(user) === null) admin.createUser({ user, ...settings })
  else admin.updateUser(user, settings)
}
print(`users: ${Object.keys(roles).join(', ')}`)
