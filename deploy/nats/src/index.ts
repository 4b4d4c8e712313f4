export { makeNatsAuth, type NatsAuth } from './nats-auth.ts'
export { type NatsUser, natsUsers } from './permissions.ts'
