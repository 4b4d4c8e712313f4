import { expect, test } from 'vitest'
import { withConfig } from './start-page.ts'

test('whatever the config holds stays data, and is read back as it was', () => {
  const config = { publicUrl: "https://x.example/</script><script>alert('$&')</script><!--", image: null }
  const page = withConfig('<p>$&</p><script type="application/json" id="config"></script><p></p>', config)
  expect(page.match(/<(?!p>|\/p>)/g)).toHaveLength(2)
  const [, text = ''] = /<script type="application\/json" id="config">(.*)<\/script><p><\/p>$/.exec(page) ?? []
  expect(JSON.parse(text)).toEqual(config)
})
