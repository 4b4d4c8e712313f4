import { type CatalogueEntry, type ErrorCode, errorCatalogue, errorCodes, wayOutOf } from '@slipstream/contracts'
import { html, type Markup } from '@slipstream/runtime'

const page = (title: string, content: Markup): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Slipstream</title>
<link rel="stylesheet" href="/docs/api/look.css">
<link rel="stylesheet" href="/docs/api/pages.css">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`.text

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
<p><a href="/errors">All errors</a> · <a href="/docs/reference/errors/#${code}">In the documents</a> · <a href="/">To the start page</a></p>`,
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
<div class="wide" tabindex="0"><table>
<thead><tr><th>Code</th><th>Title</th><th>Who has to act</th><th>HTTP status</th></tr></thead>
<tbody>
${errorCodes.map(row)}</tbody>
</table></div>
<p><a href="/docs/reference/errors/">In the documents</a> · <a href="/">To the start page</a></p>`,
  )
