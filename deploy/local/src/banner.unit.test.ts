import { execFileSync } from 'node:child_process'
import pc from 'picocolors'
import { expect, test } from 'vitest'
import { banner } from './banner.ts'

const endpoints = {
  gatewayUrl: 'http://localhost:3000',
  simulatorUrl: 'http://localhost:4400',
  natsUrl: 'nats://127.0.0.1:42391',
  mongodbUri: 'mongodb://127.0.0.1:42392/slipstream?replicaSet=slipstream',
  prometheusUrl: null,
  opsUrls: {},
}
const options = { seconds: 1.23, dataDir: undefined, colors: pc.createColors(false) }

test('addresses are those in use, and no line is wider than a terminal', () => {
  const text = banner(endpoints, options)
  expect(text).toContain('ready (1.2 s)')
  expect(text).toMatch(/page +http:\/\/localhost:3000\/ /)
  expect(text).toMatch(/documents +http:\/\/localhost:3000\/docs/)
  expect(text).toMatch(/simulated Strava +http:\/\/localhost:4400\/control/)
  expect(text).toMatch(/NATS +nats:\/\/127\.0\.0\.1:42391/)
  expect(text).toMatch(/MongoDB +mongodb:\/\/127\.0\.0\.1:42392\/slipstream/)
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('the request to copy asks with a token that was asked for', () => {
  const commands = /^ {2}TOKEN[\s\S]*?summary$/m.exec(banner(endpoints, options))?.[0] ?? ''
  // Says how it was called, in brackets; the answer to a POST is in place of a token.
  const curl = 'curl() { [ "$1" = -sX ] && printf "<%s>" "$3" || printf "[%s]" "$@"; }'
  expect(execFileSync('bash', ['-c', `${curl}\n${commands}`]).toString()).toBe(
    '[-sH][Authorization: Bearer <localhost:4400/control/api/tokens?account=anna&format=text>]' +
      '[localhost:3000/api/v1/profile/summary]',
  )
})

test('without the simulator nothing refers to it', () => {
  expect(banner({ ...endpoints, simulatorUrl: null }, options)).not.toMatch(/control|token|tour|Anna/)
})

test('a server of the user is not shown', () => {
  expect(banner({ ...endpoints, natsUrl: null, mongodbUri: null }, options)).not.toMatch(/NATS|MongoDB/)
})

test('where the data are elsewhere, the other commands are told', () => {
  expect(banner(endpoints, { ...options, dataDir: '/tmp/other data' })).toContain(
    "export SLIPSTREAM_DATA_DIR='/tmp/other data'",
  )
})

test('metrics are where Prometheus was found, else it says how to get it', () => {
  const found = banner({ ...endpoints, prometheusUrl: 'http://127.0.0.1:9090' }, options)
  expect(found).toMatch(/http:\/\/127\.0\.0\.1:9090\/alerts\n.*deploy\/grafana\/README\.md/)
  expect(found).not.toContain('apt-get')
  expect(banner(endpoints, options)).toContain('apt-get install prometheus')
})
