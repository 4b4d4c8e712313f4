/**
 * What a failed refresh means for the grant; the provider's own errors are known to whoever makes the vault.
 * - `dead`: the refresh token was refused for good.
 * - `refused`: refused, and not said why. `reason` tells one such refusal from another; the same for a day ends the grant.
 * - `passed_on`: trouble of the whole app or its quota; the error reaches the caller as it is.
 * - `transient`: no answer, or one that leaves open whether the refresh token was replaced.
 *
 * All but the last say that the provider replaced nothing.
 */
export type RefreshVerdict =
  | { kind: 'dead' }
  | { kind: 'refused'; reason: string }
  | { kind: 'passed_on' }
  | { kind: 'transient' }
