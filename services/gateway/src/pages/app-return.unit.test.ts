import { expect, test } from 'vitest'
import { appReturnPage } from './app-return.ts'

test('whatever title, text and address hold stays text, and one link', () => {
  const odd = `"'><script>alert(1)</script>&amp;`
  const page = appReturnPage({ title: odd, text: odd, deepLink: `app://x?a=1&b=${odd}` })
  expect(page).not.toContain('<script')
  expect(page.match(/<a /g)).toHaveLength(1)
  const [, href = ''] = /<a href="([^"]*)">Go back to the app<\/a>/.exec(page) ?? []
  expect(href).toBe('app://x?a=1&amp;b=&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;')
})
