/** Strava refused the refresh token for good: only the athlete can help, by linking again. */
export class GrantDeadError extends Error {
  override readonly name = 'GrantDeadError'
  readonly code = 'grant_dead'

  constructor(linkId: string, options?: ErrorOptions) {
    super(`The grant of link ${linkId} is dead`, options)
  }
}

/** The link has no active credential: it was released, or its mobile completion is still to come. */
export class CredentialMissingError extends Error {
  override readonly name = 'CredentialMissingError'
  readonly code = 'credential_missing'

  constructor(linkId: string) {
    super(`Link ${linkId} has no active credential`)
  }
}

/** No fresh token for now; a later try may get one with nobody acting. */
export class RefreshUnavailableError extends Error {
  override readonly name = 'RefreshUnavailableError'
  readonly code = 'refresh_unavailable'

  constructor(linkId: string, problem: string, options?: ErrorOptions) {
    super(`No fresh token for link ${linkId}: ${problem}`, options)
  }
}
