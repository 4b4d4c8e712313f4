export { makeNatsAuth, type NatsAuth } from './nats-auth.ts'
export { faultOfSubscribers, type NatsUser, natsUsers } from './permissions.ts'
