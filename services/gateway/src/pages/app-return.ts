const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)

/**
 * The page behind a jump into the app. Chrome on Android holds back a jump to another scheme that no tap led to
 * (https://crbug.com/459156), so there is one link to tap; nothing on it needs a script, a style or an image.
 */
export const appReturnPage = ({ title, text, deepLink }: { title: string; text: string; deepLink?: string }): string =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>${deepLink === undefined ? '' : `\n<p><a href="${escapeHtml(deepLink)}">Go back to the app</a></p>`}
</body>
</html>
`
