import { html, type Markup } from '@slipstream/runtime'
import type { SignInAccount } from '../domain/athletes.ts'
import { page } from './html.ts'

const accountButton = ({ account, displayName, roles }: SignInAccount): Markup =>
  html`<li><button type="submit" name="account" value="${account}" id="account-${account}"
 data-testid="account-${account}" class="wide"><strong>${displayName}</strong>
<span>${roles.length > 0 ? roles.join(', ') : 'athlete'}</span></button></li>`

export const signInPage = (view: {
  readonly action: string
  readonly clientId: string
  readonly accounts: readonly SignInAccount[]
}): string =>
  page(
    'Development sign-in',
    html`<main class="narrow card" data-testid="sign-in-page">
<p class="badge">Development sign-in</p>
<h1>Who are you today?</h1>
<p class="hint"><code>${view.clientId}</code> asks you to sign in. No password: these accounts are invented.</p>
<form method="post" action="${view.action}">
<ul class="plain">${view.accounts.map(accountButton)}</ul>
<p class="actions"><button type="submit" name="cancel" value="cancel" data-testid="cancel">Cancel</button></p>
</form>
</main>`,
  )

/** `form` is the issuer's own: it carries the token against forged sign-outs. */
export const signOutPage = (form: Markup): string =>
  page(
    'Sign out',
    html`<main class="narrow card" data-testid="sign-out-page">
<p class="badge">Development sign-in</p>
<h1>Sign out?</h1>
${form}
<p class="actions"><button type="submit" form="op.logoutForm" name="logout" value="yes" class="primary" data-testid="sign-out">Sign out</button>
<button type="submit" form="op.logoutForm" data-testid="stay">Stay signed in</button></p>
</main>`,
  )

export const signedOutPage = (): string =>
  page(
    'Signed out',
    html`<main class="narrow card"><p class="badge">Development sign-in</p><h1>You are signed out.</h1></main>`,
  )

export const issuerErrorPage = (error: string, description: string): string =>
  page(
    'Sign-in failed',
    html`<main class="narrow card" data-testid="issuer-error-page"><p class="badge">Development sign-in</p>
<h1>Sign-in failed: ${error}</h1><p>${description}</p></main>`,
  )
