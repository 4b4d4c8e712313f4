import { Secret } from '@slipstream/runtime'
import type { StravaOAuth } from '@slipstream/strava'
import type { VaultOptions } from '@slipstream/vault'

/** Strava's token calls in the form the vault asks for: it handles tokens in clear, everyone else sees secrets. */
export const createTokenCalls = (
  oauth: Pick<StravaOAuth, 'refresh' | 'revoke'>,
): Required<Pick<VaultOptions, 'refreshTokens' | 'revokeOrphan'>> => ({
  refreshTokens: async (refreshToken) => {
    const tokens = await oauth.refresh({ refreshToken: new Secret(refreshToken) })
    return {
      accessToken: tokens.accessToken.reveal(),
      refreshToken: tokens.refreshToken.reveal(),
      accessExpiresAt: tokens.accessExpiresAt,
    }
  },
  revokeOrphan: (refreshToken) => oauth.revoke({ token: new Secret(refreshToken) }),
})
