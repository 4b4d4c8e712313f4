import { type Action, type CatalogueEntry, type ErrorCode, errorCatalogue, errorCodes } from '@slipstream/contracts'
import { html, type Markup } from '@slipstream/runtime'

interface WayOut {
  who: string
  todo: string
}

const waysOut: Record<Action, WayOut> = {
  submit_profile: { who: 'You, the athlete.', todo: 'Fill in your profile, then connect Strava.' },
  connect: { who: 'You, the athlete.', todo: 'Press Connect with Strava again, here or in the app.' },
  reconnect: { who: 'You, the athlete.', todo: 'Press Connect with Strava and agree once more.' },
  disconnect_other: {
    who: 'You, the athlete.',
    todo: 'Choose which Strava account it is to be, then press Connect with Strava.',
  },
  sign_in: { who: 'You: the person, or the program, that asked.', todo: 'Sign in, and ask with the new access token.' },
  fix_request: {
    who: 'Whoever made the request: as a rule the author of a program.',
    todo: 'Change the request. Sent again as it is, it is refused again.',
  },
  contact_support: {
    who: 'The operator of this service.',
    todo: 'If that is not you, tell them the code below. There is nothing else for you to do.',
  },
  wait: {
    who: 'Nobody: it passes by itself.',
    todo: 'Wait a little. What you asked for yourself, ask for again then.',
  },
}

/** Where the action alone says too little, or not the whole truth. */
const exceptions: Partial<Record<ErrorCode, Partial<WayOut>>> = {
  result_invalid: { todo: 'Begin again in the app: its Connect with Strava makes a new attempt.' },
  strava_refuses: {
    who: 'First you, the athlete; if it stays, the operator of this service.',
    todo: 'Connect Strava again. If that does not help, tell the operator the code below.',
  },
  internal_error: {
    who: 'The operator of this service, if it comes again.',
    todo: 'Try again in a moment. If it stays, tell the operator the code below and when it happened.',
  },
  forbidden: { todo: 'Ask them for the role that your account lacks.' },
  not_found: { todo: 'Look at the address, or begin at the start page.' },
}

const page = (title: string, content: Markup): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Slipstream</title>
<link rel="stylesheet" href="/docs/api/pages.css">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`.text

const wayOutOf = (code: ErrorCode): WayOut => ({ ...waysOut[errorCatalogue[code].action], ...exceptions[code] })

/** An address at Strava is of use to who has the app there. */
const place = ({ actor, actionUrl }: CatalogueEntry): Markup => {
  if (actionUrl === null) return html``
  const isForOperator = actor === 'operator' && !actionUrl.startsWith('/')
  return html`<dt>Where</dt><dd><a href="${actionUrl}">${actionUrl}</a>${isForOperator ? ' (for the operator)' : ''}</dd>`
}

/** What one error means, for whoever follows the `type` of a problem document. */
export const errorPage = (code: ErrorCode): string => {
  const entry: CatalogueEntry = errorCatalogue[code]
  const { title, detail, action, status } = entry
  const { who, todo } = wayOutOf(code)
  return page(
    title,
    html`<h1>${title}</h1>
<p>${detail}</p>
<dl>
<dt>Who has to act</dt><dd>${who}</dd>
<dt>What to do</dt><dd>${todo}</dd>
${place(entry)}
<dt>Code</dt><dd><code>${code}</code></dd>
<dt>Action</dt><dd><code>${action}</code></dd>
<dt>HTTP status</dt><dd>${status}</dd>
</dl>
<p><a href="/errors">All errors</a> · <a href="/">To the start page</a></p>`,
  )
}

const row = (code: ErrorCode): Markup => {
  const { title, status } = errorCatalogue[code]
  const { who } = wayOutOf(code)
  return html`<tr><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${title}</td><td>${who}</td><td>${status}</td></tr>
`
}

export const errorIndexPage = (): string =>
  page(
    'Errors',
    html`<h1>Errors</h1>
<p>Every error that the API, the page and the app can show, by its code.</p>
<table>
<thead><tr><th>Code</th><th>Title</th><th>Who has to act</th><th>HTTP status</th></tr></thead>
<tbody>
${errorCodes.map(row)}</tbody>
</table>
<p><a href="/docs/">Documents</a> · <a href="/">To the start page</a></p>`,
  )
