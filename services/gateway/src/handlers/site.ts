import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import type { UnguardedRoute } from '../http/route.ts'

export interface SiteDeps {
  auth: { issuer: string; audience: string }
  settings: { profileGate: 'local' | 'claim' | 'off'; publicUrl: string; stravaButtonImage: string | null }
}

/** What the page needs to know before sign-in, and the contract it speaks. */
export const siteRoutes = ({ auth, settings }: SiteDeps): UnguardedRoute[] => {
  let openApi: string | undefined
  return [
    {
      method: 'get',
      path: '/config.json',
      access: 'unguarded',
      handle: (_request, response) => {
        const { profileGate, publicUrl, stravaButtonImage } = settings
        const signIn = { ...auth, clientId: 'slipstream-web', scopes: ['openid', 'profile'] }
        response.json({ ...signIn, profileGate, publicUrl, stravaButtonImage })
      },
    },
    {
      method: 'get',
      path: '/openapi.json',
      access: 'unguarded',
      handle: (_request, response) => {
        openApi ??= JSON.stringify(createOpenApiDocument())
        response.type('application/json').send(openApi)
      },
    },
  ]
}
