import { html, type Markup } from '@slipstream/runtime'
import type { Athlete } from '../domain/athletes.ts'
import { noMarkup, page } from './html.ts'

const scopeTexts: Readonly<Record<string, string>> = {
  read_all: 'View private routes, segments and events',
  'profile:read_all': 'View your complete profile, also what only followers see',
  'profile:write': 'Change your weight and functional threshold power',
  'activity:read': 'View your activities, except those that only you can see',
  'activity:read_all': 'View all your activities, also those that only you can see, with privacy zones',
  'activity:write': 'Upload activities to your account',
}

interface ConsentView {
  readonly action: string
  readonly athletes: readonly Athlete[]
  readonly selected: number | null
  readonly scopes: readonly string[]
  /** The transaction's own parameters, sent back with the form. */
  readonly parameters: Readonly<Record<string, string>>
}

const scopeBox = (scope: string): Markup => html`<li>
<label><input type="checkbox" name="scope" value="${scope}" checked id="scope-${scope.replace(':', '-')}"
 data-testid="scope-${scope}"> <span>${scopeTexts[scope] ?? scope}</span> <code>${scope}</code></label>
</li>`

const athleteOption = (athlete: Athlete, selected: boolean): Markup =>
  html`<option value="${athlete.stravaAthleteId}"${selected ? html` selected` : noMarkup}>
${athlete.firstName} ${athlete.lastName}: ${athlete.about}</option>`

export const consentPage = (view: ConsentView): string =>
  page(
    'Simulated Strava: connect an application',
    html`<main class="narrow card" data-testid="consent-page">
<p class="badge">Simulated Strava</p>
<h1>Let Slipstream use your simulated account?</h1>
<p class="hint">This page stands in for Strava in development and tests. Every athlete here is invented.</p>
<form method="post" action="${view.action}" id="consent-form">
<label class="field" for="athlete_id">Who is signed in to Strava?
<select name="athlete_id" id="athlete_id" data-testid="athlete">
${view.athletes.map((athlete) => athleteOption(athlete, athlete.stravaAthleteId === view.selected))}
</select></label>
<fieldset><legend>The application may</legend>
<ul class="plain">
<li><label><input type="checkbox" checked disabled> <span>View your public profile (always)</span> <code>read</code></label></li>
${view.scopes.filter((scope) => scope !== 'read').map(scopeBox)}
</ul></fieldset>
${Object.entries(view.parameters).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p class="actions">
<button type="submit" name="decision" value="allow" id="authorize" data-testid="authorize" class="primary">Authorize</button>
<button type="submit" name="decision" value="deny" id="cancel" data-testid="cancel">Cancel</button>
</p>
</form>
</main>`,
  )

export const athleteLimitPage = (): string =>
  page(
    'Simulated Strava: error 403',
    html`<main class="narrow card" data-testid="athlete-limit-page">
<p class="badge">Simulated Strava</p>
<h1>Error 403: Limit of connected athletes exceeded</h1>
<p>This application has connected as many athletes as it may. Its owner has to raise the limit or free a place.</p>
</main>`,
  )
