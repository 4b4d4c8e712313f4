import { expect, it } from 'vitest'
import { insecureAddress } from './insecure-address.ts'

it('leads an athlete to the address with https', () => {
  expect(insecureAddress('https://train.example')).toMatchObject({ actor: 'athlete', action: 'sign_in' })
})

it('tells the operator what is missing where there is none', () => {
  const { actor, detail } = insecureAddress('http://localhost:3000')
  expect(actor).toBe('operator')
  expect(detail).toContain('https')
  expect(detail).toContain('PUBLIC_URL, now http://localhost:3000')
})
