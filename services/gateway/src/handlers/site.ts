import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import type { PublicRoute } from '../http/route.ts'

export interface SiteDeps {
  auth: { issuer: string; audience: string }
}

/** What the page needs to know to sign in, and the contract it speaks. */
export const siteRoutes = ({ auth }: SiteDeps): PublicRoute[] => {
  let openApi: string | undefined
  return [
    {
      method: 'get',
      path: '/config.json',
      access: 'public',
      handle: (_request, response) => {
        response.json({ ...auth, clientId: 'slipstream-web', scopes: ['openid', 'profile'] })
      },
    },
    {
      method: 'get',
      path: '/openapi.json',
      access: 'public',
      handle: (_request, response) => {
        openApi ??= JSON.stringify(createOpenApiDocument())
        response.type('application/json').send(openApi)
      },
    },
  ]
}
