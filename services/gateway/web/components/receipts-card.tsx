import type { Receipt } from '@slipstream/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, errorToShow } from '../api.ts'
import { formatInstant } from '../format.ts'
import {
  accessSentence,
  deletedSentence,
  earlierTitle,
  erasedSentence,
  progressSentence,
  receiptFile,
  receiptTitle,
} from '../receipt-text.ts'
import { saveFile } from '../save-file.ts'
import { ErrorPanel } from './error-panel.tsx'

const pollIntervalMs = 1_000
/** One that is still open by then waits for Strava. */
const quickPolls = 20
const slowPollIntervalMs = 15_000

const download = (receipt: Receipt): void => {
  const { name, text } = receiptFile(receipt)
  saveFile(name, new Blob([text], { type: 'text/plain' }))
}

/** The data are gone: what they were, and what has become of the access. `erasedAt`: an instant. */
const Erased = ({ receipt, erasedAt }: { receipt: Receipt; erasedAt: string }) => (
  <>
    <p>{erasedSentence(erasedAt, new Date())}</p>
    <p data-testid="receipt-access">
      {accessSentence(receipt)}
      {receipt.actionUrl && (
        <>
          {' '}
          <a href={receipt.actionUrl} target="_blank" rel="noreferrer">
            My Apps at Strava
          </a>
        </>
      )}
    </p>
    <p>
      Deleted: <span data-testid="receipt-deleted">{deletedSentence(receipt.deleted)}</span>
    </p>
  </>
)

/** `isPast`: Strava has been connected again since. */
const ReceiptItem = ({ receipt, isPast }: { receipt: Receipt; isPast: boolean }) => {
  const { receiptId, requestedAt, completedAt } = receipt
  const erasedAt = completedAt ?? receipt.erasedAt
  return (
    <li data-testid="receipt" data-state={completedAt === null ? 'open' : 'completed'}>
      <h3 data-testid="receipt-title">
        {isPast && completedAt !== null ? earlierTitle(receipt) : receiptTitle(receipt)}
      </h3>
      <div role="status">
        {erasedAt === null ? <p>{progressSentence}</p> : <Erased receipt={receipt} erasedAt={erasedAt} />}
      </div>
      <p class="muted small">
        Receipt <code data-testid="receipt-id">{receiptId}</code>, asked for {formatInstant(requestedAt, new Date())}
      </p>
      <button type="button" class="button plain" data-testid="receipt-download" onClick={() => download(receipt)}>
        Download<span class="visually-hidden"> receipt {receiptId}</span>
      </button>
    </li>
  )
}

const Receipts = ({ receipts, isPast }: { receipts: Receipt[]; isPast: boolean }) => (
  <ul class="receipts">
    {receipts.map((receipt) => (
      <ReceiptItem key={receipt.receiptId} receipt={receipt} isPast={isPast} />
    ))}
  </ul>
)

/**
 * The written confirmations of what was deleted, null until they are known; asks until each is complete. `changed` is another
 * text whenever there may be a new one, null while nothing is to be asked.
 */
export const useReceipts = (api: Api, changed: string | null) => {
  const [receipts, setReceipts] = useState<Receipt[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  useEffect(() => {
    if (changed === null) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    let polls = 0
    const ask = async (): Promise<void> => {
      let isOver = false
      try {
        const { items } = await api.receipts()
        if (stopped) return
        setReceipts(items)
        setFailure(null)
        isOver = items.every(({ completedAt }) => completedAt !== null)
      } catch (error) {
        if (stopped) return
        setFailure(error)
      }
      polls += 1
      if (!isOver) timer = setTimeout(ask, polls < quickPolls ? pollIntervalMs : slowPollIntervalMs)
    }
    void ask()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [api, changed])

  return { receipts, failure }
}

interface ReceiptsCardProps extends ReturnType<typeof useReceipts> {
  /** All of them are of earlier connections, and folded. */
  isLinked: boolean
  /** Of the disconnect just asked for here, whose button is gone: the place to go on from. */
  asked: string | null
}

export const ReceiptsCard = ({ receipts, failure, isLinked, asked }: ReceiptsCardProps) => {
  const heading = useRef<HTMLHeadingElement>(null)
  const isThere = receipts?.some(({ receiptId }) => receiptId === asked)
  useEffect(() => {
    if (isThere) heading.current?.focus()
  }, [isThere])

  if (receipts === null || receipts.length === 0)
    return failure === null ? null : <ErrorPanel error={errorToShow(failure)} />
  const current = isLinked ? [] : receipts.slice(0, 1)
  const earlier = receipts.slice(current.length)
  return (
    <section class="card" aria-labelledby="receipts-title" data-testid="receipts">
      <h2 id="receipts-title" ref={heading} tabIndex={-1}>
        What was deleted
      </h2>
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      {current.length > 0 && <Receipts receipts={current} isPast={false} />}
      {earlier.length > 0 && (
        <details>
          <summary>Earlier receipts ({earlier.length})</summary>
          <Receipts receipts={earlier} isPast={isLinked} />
        </details>
      )}
    </section>
  )
}
