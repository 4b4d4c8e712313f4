import { html, type Markup } from '@slipstream/runtime'
import { athletes } from '../domain/athletes.ts'
import { page } from './html.ts'

const athleteOptions = (): readonly Markup[] =>
  athletes.map(({ account, firstName, lastName }) => html`<option value="${account}">${firstName} ${lastName}</option>`)

/** The control page's frame; `assets/control.js` fills it from the control API. `athletePageUrl`: Slipstream's own page. */
export const controlPage = ({ athletePageUrl }: { readonly athletePageUrl: string }): string =>
  page(
    'Slipstream simulator',
    html`<header class="bar"><h1>Simulator</h1>
<p>Simulated Strava and sign-in for development.
<a id="athlete-page" href="${athletePageUrl}" target="_blank" rel="noopener">Slipstream's page</a></p>
<p class="actions"><button type="button" id="all-good" data-testid="all-good" class="primary">All good again</button></p>
<p class="problem" role="status"><span id="connection"></span> <span id="problem" data-testid="problem"></span></p></header>
<main class="columns">
<div>
<section class="card" aria-labelledby="story-title"><h2 id="story-title">Play a story</h2>
<p class="row"><label>Athlete <select id="story-athlete" data-testid="story-athlete">${athleteOptions()}</select></label></p>
<fieldset id="story-steps" class="actions plain" aria-label="Steps"></fieldset>
<ol id="story" class="plain" role="log" aria-label="What happened" data-testid="story"></ol></section>
<section aria-labelledby="athletes-title"><h2 id="athletes-title">Athletes</h2><div id="athletes"></div></section>
</div>
<aside>
<section class="card" aria-labelledby="clock-title"><h2 id="clock-title">Strava's clock</h2><div id="clock"></div></section>
<section class="card" aria-labelledby="quota-title"><h2 id="quota-title">Quota used</h2><div id="quota"></div></section>
<section class="card" aria-labelledby="faults-title"><h2 id="faults-title">Faults</h2>
<p class="row"><label>Hit <select id="fault-athlete" data-testid="fault-athlete"><option value="">every athlete</option>${athleteOptions()}</select></label></p>
<div id="faults"></div>
<h3>Behaviour</h3><div id="behaviour"></div></section>
<section class="card" aria-labelledby="calls-title"><h2 id="calls-title">Calls seen</h2><div id="calls"></div></section>
<section class="card" aria-labelledby="webhooks-title"><h2 id="webhooks-title">Webhooks</h2><div id="webhooks"></div></section>
<section class="card"><h2>Start over</h2>
<p class="hint">Forgets grants, added activities, faults, quota, the clock's setting and the subscription.</p>
<button type="button" id="reset" data-testid="reset" class="danger">Reset the simulation</button></section>
</aside>
</main>
<dialog id="confirm" aria-labelledby="confirm-question"><form method="dialog"><p id="confirm-question"></p>
<p class="actions"><button value="no" autofocus data-testid="confirm-no">Cancel</button>
<button value="yes" class="danger" id="confirm-yes" data-testid="confirm-yes"></button></p></form></dialog>`,
    { script: html`<script type="module" src="/assets/control.js"></script>` },
  )
