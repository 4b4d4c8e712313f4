/** Names under which a machine calls itself, as browsers write them. */
const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

export interface PageVisit {
  /** The `Host` header, if any. */
  host: string | undefined
  /** Both ends of the connection are this machine. */
  isSameMachine: boolean
}

const addressOf = (host: string): URL | null => {
  const text = `http://${host}`
  return URL.canParse(text) ? new URL(text) : null
}

/**
 * Whether the page was opened under another name than the one it signs in and links under: cookies, sign-in and Strava's
 * return all belong to the public URL. Only where that is this very machine for the visitor, too: elsewhere `localhost` would
 * lead to a machine without a Slipstream. With another port there is a proxy in between that puts its own name into `Host`,
 * and a visitor who came by the right address would be sent to it again and again.
 */
export const isElsewhere = (publicUrl: string, { host, isSameMachine }: PageVisit): boolean => {
  const home = new URL(publicUrl)
  const asked = host === undefined ? null : addressOf(host)
  if (!loopbackNames.has(home.hostname) || asked === null) return false
  if (asked.hostname === home.hostname || asked.port !== home.port) return false
  return isSameMachine || loopbackNames.has(asked.hostname)
}
