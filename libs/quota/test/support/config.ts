/** The long form: `npm run test:long`. */
export const isLong = process.env.SLIPSTREAM_LONG !== undefined

/** A failing run names its seed; set here, it is that run again. */
export const seed = Number(process.env.SLIPSTREAM_SEED ?? Math.floor(Math.random() * 2 ** 31))
