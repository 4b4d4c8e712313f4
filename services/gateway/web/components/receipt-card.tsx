import type { Receipt } from '@slipstream/contracts'
import { useEffect, useState } from 'preact/hooks'
import { type Api, errorToShow } from '../api.ts'
import { formatInstant } from '../format.ts'
import { ErrorPanel } from './error-panel.tsx'

const pollIntervalMs = 1_000

const deletedSentence = (deleted: Receipt['deleted']): string =>
  Object.entries(deleted)
    .map(([collection, count]) => `${collection.replaceAll('_', ' ')}: ${count}`)
    .join(', ')

const accessSentence = ({ revokedAtStrava, note }: Receipt): string => {
  if (revokedAtStrava) return ', and access was withdrawn at Strava.'
  if (note === 'linked_again') return '. Access at Strava was not withdrawn: the account was connected again first.'
  if (note === 'check_strava') return '. Whether access at Strava has ended is not known. Please look there:'
  return '. Access at Strava had already ended, so there was nothing to withdraw.'
}

const Completed = ({ receipt, completedAt }: { receipt: Receipt; completedAt: string }) => (
  <>
    <p>
      Everything that came from Strava was deleted {formatInstant(completedAt, new Date())}
      {accessSentence(receipt)}
      {receipt.actionUrl && <a href={receipt.actionUrl}> Applications at Strava</a>}
    </p>
    <p class="muted" data-testid="receipt-deleted">
      {deletedSentence(receipt.deleted)}
    </p>
  </>
)

/** The written confirmation of a disconnect; asks until the deletion is complete. */
export const ReceiptCard = ({ api, receiptId }: { api: Api; receiptId: string }) => {
  const [receipt, setReceipt] = useState<Receipt | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    const ask = async (): Promise<void> => {
      try {
        const answer = await api.receipt(receiptId)
        if (stopped) return
        setReceipt(answer)
        setFailure(null)
        if (answer.completedAt === null) timer = setTimeout(ask, pollIntervalMs)
      } catch (error) {
        if (stopped) return
        setFailure(error)
        timer = setTimeout(ask, pollIntervalMs)
      }
    }
    void ask()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [api, receiptId])

  const completedAt = receipt?.completedAt ?? null
  return (
    <section
      class="card"
      aria-labelledby="receipt-title"
      data-testid="receipt"
      data-state={completedAt === null ? 'open' : 'completed'}
    >
      <h2 id="receipt-title">{completedAt === null ? 'Disconnecting…' : 'Strava is disconnected'}</h2>
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      <div role="status">
        {receipt !== null && completedAt !== null ? (
          <Completed receipt={receipt} completedAt={completedAt} />
        ) : (
          <p>Syncing has stopped. Your data is being deleted.</p>
        )}
      </div>
      <p class="muted">
        Receipt <code data-testid="receipt-id">{receiptId}</code>
      </p>
    </section>
  )
}
