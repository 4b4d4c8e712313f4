/**
 * Loaded into every Node process by `npm run test:at`: its wall clock is ahead by `CLOCK_AHEAD_MS`. Timers, timeouts
 * and `performance` run on the monotonic clock and stay as they are, and so do mongod and nats-server.
 */
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0)

const { Date: RealDate } = globalThis
const now = () => RealDate.now() + aheadMs

// A proxy, not a subclass: what other code made with the real constructor is an instance of this one too.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
})
