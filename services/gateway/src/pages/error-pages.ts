import { type Actor, type CatalogueEntry, type ErrorCode, errorCatalogue } from '@slipstream/contracts'
import { html, type Markup } from '@slipstream/runtime'

const whoActs: Record<Actor, string> = {
  athlete: 'You, the athlete.',
  operator: 'The operator of this service.',
  nobody: 'Nobody: it passes by itself, or the program that asked has to ask otherwise.',
}

const page = (title: string, content: Markup): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Slipstream</title>
<link rel="stylesheet" href="/docs/pages.css">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`.text

const wayOut = (actionUrl: string | null): Markup =>
  actionUrl === null ? html`` : html`<dt>Where</dt><dd><a href="${actionUrl}">${actionUrl}</a></dd>`

/** What one error means, for whoever follows the `type` of a problem document. */
export const errorPage = (code: ErrorCode): string => {
  const { title, detail, actor, action, actionUrl, status }: CatalogueEntry = errorCatalogue[code]
  return page(
    title,
    html`<h1>${title}</h1>
<p>${detail}</p>
<dl>
<dt>Who has to act</dt><dd>${whoActs[actor]}</dd>
${wayOut(actionUrl)}
<dt>Code</dt><dd><code>${code}</code></dd>
<dt>Action</dt><dd><code>${action}</code></dd>
<dt>HTTP status</dt><dd>${status}</dd>
</dl>
<p><a href="/errors">All errors</a> · <a href="/">To the start page</a></p>`,
  )
}

const row = ([code, { title, status, actor }]: [string, CatalogueEntry]): Markup =>
  html`<tr><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${title}</td><td>${actor}</td><td>${status}</td></tr>
`

export const errorIndexPage = (): string =>
  page(
    'Errors',
    html`<h1>Errors</h1>
<p>Every error that the API, the page and the app can show, by its code.</p>
<table>
<thead><tr><th>Code</th><th>Title</th><th>Who has to act</th><th>HTTP status</th></tr></thead>
<tbody>
${Object.entries(errorCatalogue).map(row)}</tbody>
</table>
<p><a href="/docs">API documentation</a> · <a href="/">To the start page</a></p>`,
  )
