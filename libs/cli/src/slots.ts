import type { Collections } from '@slipstream/persistence'

/** How many of the app's athletes are taken, as the gateway counts them when it says that the app is full. */
export const countSlots = async ({ links, accounts }: Pick<Collections<'operator'>, 'links' | 'accounts'>) => ({
  linked: await links.countDocuments(),
  /** Unlinked, and their grant may live on at Strava. */
  owed: await accounts.countDocuments({ isHeld: false, endsAt: null }),
})
