import { html, Markup } from '@slipstream/runtime'

export const noMarkup = new Markup('')

/** A whole page of the simulator: the shared look and a style sheet of its own, nothing from elsewhere. */
export const page = (title: string, content: Markup, { script = noMarkup }: { script?: Markup } = {}): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/look.css">
<link rel="stylesheet" href="/assets/simulator.css">
${script}
</head>
<body>
${content}
</body>
</html>
`.text
