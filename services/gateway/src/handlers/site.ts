import { createAsyncApiDocument } from '@slipstream/contracts/asyncapi'
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

/** A contract in full, made when it is first asked for; other pages of the host may read it, too. */
const document = (path: string, create: () => object): UnguardedRoute => {
  let text: string | undefined
  return {
    method: 'get',
    path,
    access: 'unguarded',
    isForPages: true,
    handle: (_request, response) => {
      text ??= JSON.stringify(create())
      response.type('application/json').send(text)
    },
  }
}

/** What a page of one's own asks for before sign-in, as this one has it built in, and the contracts that the gateway and the events keep. */
export const siteRoutes = (deps: SiteDeps): UnguardedRoute[] => [
  {
    method: 'get',
    path: '/config.json',
    access: 'unguarded',
    handle: (_request, response) => {
      response.json(pageConfig(deps))
    },
  },
  document('/openapi.json', createOpenApiDocument),
  document('/asyncapi.json', createAsyncApiDocument),
]
