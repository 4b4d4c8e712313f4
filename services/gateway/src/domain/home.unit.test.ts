import { describe, expect, it } from 'vitest'
import { isElsewhere } from './home.ts'

const local = 'http://localhost:3000'

describe('the page at localhost is led home', () => {
  it.each([
    ['from the loopback address', '127.0.0.1:3000', false],
    ['from that of IPv6', '[::1]:3000', false],
    ['from the machine’s name, by itself', 'thinkpad.lan:3000', true],
    ['from a name that somebody made up, by itself', 'evil.example:3000', true],
  ])('%s', (_what, host, isSameMachine) => {
    expect(isElsewhere(local, { host, isSameMachine })).toBe(true)
  })

  it.each([
    ['when it is there already', 'localhost:3000', true],
    ['when it is there already, in capitals', 'LOCALHOST:3000', true],
    ['for another machine, whose localhost is another', 'thinkpad.lan:3000', false],
    ['behind a proxy that says its own name', '127.0.0.1:8080', true],
    ['without a Host', undefined, true],
    ['with one that is none', 'a b:::', true],
    ['with an empty one', '', true],
  ])('not %s', (_what, host, isSameMachine) => {
    expect(isElsewhere(local, { host, isSameMachine })).toBe(false)
  })
})

it('a page with a public name is led nowhere: a proxy may hide the name it was asked by', () => {
  for (const host of ['127.0.0.1', 'gateway', 'train.example', 'evil.example']) {
    expect(isElsewhere('https://train.example', { host, isSameMachine: true })).toBe(false)
  }
})
