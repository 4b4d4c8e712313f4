import { type ErrorRequestHandler, Router } from 'express'
import { errors, type default as Provider } from 'oidc-provider'
import { findAthlete, signInAccounts } from '../domain/athletes.ts'
import { signInPage } from '../views/issuer-pages.ts'
import { signInAthlete } from './strava-session.ts'

/** The issuer's own sign-in page: pick an account, no password. */
export const signInRoutes = (provider: Provider): Router => {
  const router = Router()

  router.get('/sign-in/:uid', async (request, response) => {
    const { uid, params } = await provider.interactionDetails(request, response)
    response
      .type('html')
      .send(signInPage({ action: `/sign-in/${uid}`, clientId: String(params.client_id), accounts: signInAccounts }))
  })

  router.post('/sign-in/:uid', async (request, response) => {
    const chosen = (request.body as { account?: unknown } | undefined)?.account
    const account = signInAccounts.find((candidate) => candidate.account === chosen)
    // People are mostly signed in to Strava as themselves: the consent page then offers that athlete first.
    const athlete = account && findAthlete(account.account)
    if (athlete) signInAthlete(response, athlete)
    await provider.interactionFinished(
      request,
      response,
      account
        ? { login: { accountId: account.sub } }
        : { error: 'access_denied', error_description: 'sign-in was cancelled' },
      { mergeWithLastSubmission: false },
    )
  })

  const overOrForeign: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (!(error instanceof errors.SessionNotFound)) return next(error)
    response.status(400).type('text/plain').send('This sign-in is over or was begun in another browser. Start again.')
  }
  router.use('/sign-in', overOrForeign)
  return router
}
