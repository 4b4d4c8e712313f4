import express from 'express'
import { MongoClient } from 'mongodb'

// What the gateway is measured against: Express and the driver, and nothing else. Run as a process of its own; prints its port.

const { MONGODB_URI = '' } = process.env
const client = new MongoClient(MONGODB_URI, { writeConcern: { w: 'majority', journal: true } })
const database = client.db()
const app = express()

app.post('/webhooks', express.json(), async (request, response) => {
  await database.collection('bench_webhooks').insertOne({ ...request.body, receivedAt: new Date() })
  response.json({})
})
app.get('/workouts/:linkId', async (request, response) => {
  const items = await database
    .collection('workouts')
    .find({ linkId: request.params.linkId })
    .sort({ startedAt: -1, _id: -1 })
    .limit(Number(request.query.limit))
    .toArray()
  response.json({ items })
})

await client.connect()
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
