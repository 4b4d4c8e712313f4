import pc from 'picocolors'
import { expect, test } from 'vitest'
import { banner } from './banner.ts'

const endpoints = {
  gatewayUrl: 'http://localhost:3000',
  simulatorUrl: 'http://localhost:4400',
  natsUrl: null,
  mongodbUri: null,
  opsUrls: {},
}
const colors = pc.createColors(false)

test('the lines to copy use the addresses in use', () => {
  const text = banner(endpoints, 1.23, colors)
  expect(text).toContain('ready (1.2 s)')
  expect(text).toContain(
    `curl -s -H "Authorization: Bearer $(curl -s -X POST 'http://localhost:4400/control/api/tokens?account=anna&format=text')" http://localhost:3000/api/v1/profile/summary`,
  )
  expect(text).toContain("npm run subscribe -- 'activity.ingested.>'")
})

test('without the simulator nothing refers to it', () => {
  expect(banner({ ...endpoints, simulatorUrl: null }, 1, colors)).not.toMatch(/control|token/)
})
