import type { SealedText } from '@slipstream/records'
import { openText, SealBrokenError, sealText } from './envelope.ts'
import type { Keyring } from './keyring.ts'

/** Whose answer it is, and to which request. */
export interface AnswerPlace {
  athleteId: string
  requestId: string
}

/** Keeps answers that may hold a one-time secret. */
export interface AnswerSeal {
  seal(text: string, place: AnswerPlace): SealedText
  /** Null when its key is gone, or it was altered or moved: then it is as if the request had never been answered. */
  open(sealed: SealedText, place: AnswerPlace): string | null
}

const placeOf = ({ athleteId, requestId }: AnswerPlace) =>
  ({ athleteId, linkId: 'none', field: `answer:${requestId}` }) as const

export const createAnswerSeal = (keyring: Keyring): AnswerSeal => ({
  seal: (text, place) => sealText(text, placeOf(place), keyring),
  open: (sealed, place) => {
    try {
      return openText(sealed, placeOf(place), keyring)
    } catch (error) {
      if (error instanceof SealBrokenError) return null
      throw error
    }
  },
})
