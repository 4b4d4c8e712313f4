import { html, page } from './html.ts'

/** The control page's frame; `assets/control.js` fills it from the control API. */
export const controlPage = (): string =>
  page(
    'Slipstream simulator',
    html`<header class="bar"><h1>Simulator</h1>
<p>Simulated Strava and sign-in for development. <span id="connection" role="status"></span></p></header>
<main class="columns">
<section aria-labelledby="athletes-title"><h2 id="athletes-title">Athletes</h2><div id="athletes"></div></section>
<aside>
<section class="card" aria-labelledby="clock-title"><h2 id="clock-title">Strava's clock</h2><div id="clock"></div></section>
<section class="card" aria-labelledby="quota-title"><h2 id="quota-title">Quota used</h2><div id="quota"></div></section>
<section class="card" aria-labelledby="faults-title"><h2 id="faults-title">Faults</h2><div id="faults"></div>
<h3>Behaviour</h3><div id="behaviour"></div></section>
<section class="card" aria-labelledby="calls-title"><h2 id="calls-title">Calls seen</h2><div id="calls"></div></section>
<section class="card" aria-labelledby="webhooks-title"><h2 id="webhooks-title">Webhooks</h2><div id="webhooks"></div></section>
<section class="card"><h2>Start over</h2>
<p class="hint">Forgets grants, added activities, faults, quota, the clock's setting and the subscription.</p>
<button type="button" id="reset" data-testid="reset">Reset the simulation</button></section>
</aside>
</main>`,
    { script: html`<script type="module" src="/assets/control.js"></script>` },
  )
