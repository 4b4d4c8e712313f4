import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import type { UnguardedRoute } from '../http/route.ts'

export interface SiteDeps {
  auth: { issuer: string; audience: string }
  settings: { profileGate: 'local' | 'claim' | 'off'; publicUrl: string; stravaButtonImage: string | null }
}

/** What a page needs to know before sign-in; nothing of it is secret. */
export const pageConfig = ({ auth, settings }: SiteDeps) => {
  const { profileGate, publicUrl, stravaButtonImage } = settings
  return {
    ...auth,
    clientId: 'slipstream-web',
    scopes: ['openid', 'profile'],
    profileGate,
    publicUrl,
    stravaButtonImage,
  }
}

/** What a page of one's own asks for before sign-in, as this one has it built in, and the contract it speaks. */
export const siteRoutes = (deps: SiteDeps): UnguardedRoute[] => {
  let openApi: string | undefined
  return [
    {
      method: 'get',
      path: '/config.json',
      access: 'unguarded',
      handle: (_request, response) => {
        response.json(pageConfig(deps))
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
