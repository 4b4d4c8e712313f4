import type { KeyUse } from '@slipstream/vault'
import type { Finding } from '../finding.ts'

const judgeKey = ({ kid, role, sealed, opens }: KeyUse): Finding[] => {
  if (role === 'missing') {
    return [
      {
        code: 'token_key_missing',
        severity: 'error',
        problem: `${sealed} grants or revocations are sealed under the key ${kid}, which TOKEN_KEYS does not hold: those athletes cannot be synced or unlinked`,
        actor: 'operator',
        fix: `Put the key ${kid} back into TOKEN_KEYS, behind the first, until slipstream keys status shows none under it.`,
      },
    ]
  }
  if (opens === false) {
    return [
      {
        code: 'token_key_wrong',
        severity: 'error',
        problem: `what is sealed under ${kid} does not open with the key that TOKEN_KEYS has for ${kid}`,
        actor: 'operator',
        fix: `Put the key that was used as ${kid} before into TOKEN_KEYS; a new key needs a new name.`,
      },
    ]
  }
  if (role === 'older' && sealed === 0) {
    return [
      {
        code: 'token_key_unused',
        severity: 'info',
        problem: `nothing is sealed under the key ${kid} any more`,
        actor: 'operator',
        fix: `Take ${kid} out of TOKEN_KEYS once no backup is needed that was made with it.`,
      },
    ]
  }
  return []
}

export const judgeKeys = (keys: readonly KeyUse[]): Finding[] => keys.flatMap(judgeKey)
