import { setting } from '@slipstream/runtime'
import { parseTokenKeys, TokenKeysError } from './keyring.ts'

/** `TOKEN_KEYS` as a setting: wrong keys are listed with all other problems, and none of a key is shown. */
export const tokenKeysSetting = () =>
  setting.secret().superRefine((keys, context) => {
    try {
      parseTokenKeys(keys.reveal())
    } catch (error) {
      if (!(error instanceof TokenKeysError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })
