import { type ActionableError, actionableError } from '@slipstream/contracts'

/**
 * Browsers keep the cryptography that signing in needs from pages on plain http, except those of the machine itself. Only
 * https helps, which the operator has to set up where the public URL is not on https either.
 */
export const insecureAddress = (publicUrl: string): ActionableError => {
  const title = 'This address is not secure enough to sign in'
  if (publicUrl.startsWith('https:')) {
    const detail = 'Browsers allow signing in over https only, and this page was opened over plain http.'
    return { ...actionableError('unauthorized'), title, detail }
  }
  const detail = `Browsers allow signing in over https only, except on the machine that runs the service. To use it from elsewhere the operator has to put https in front of it and set PUBLIC_URL, now ${publicUrl}, to that address.`
  return { ...actionableError('app_misconfigured'), title, detail, actionUrl: null }
}
