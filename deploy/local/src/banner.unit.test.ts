import pc from 'picocolors'
import { expect, test } from 'vitest'
import { banner } from './banner.ts'

const endpoints = {
  gatewayUrl: 'http://localhost:3000',
  simulatorUrl: 'http://localhost:4400',
  natsUrl: null,
  mongodbUri: null,
  prometheusUrl: null,
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

test('metrics are where Prometheus was found, else it says how to get it', () => {
  const prometheusUrl = 'http://127.0.0.1:9090'
  const found = banner({ ...endpoints, prometheusUrl }, 1, colors)
  expect(found).toMatch(/http:\/\/127\.0\.0\.1:9090\/alerts\n.*deploy\/grafana\/README\.md/)
  expect(found).not.toContain('apt-get')
  expect(banner(endpoints, 1, colors)).toContain('apt-get install prometheus')
})
