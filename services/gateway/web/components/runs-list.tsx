import type { Run } from '@slipstream/contracts'
import { useEffect, useState } from 'preact/hooks'
import { type Api, errorToShow } from '../api.ts'
import { runSentence, waitSentence } from '../runs-text.ts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'

const pageSize = 10

const RunItem = ({ run, now }: { run: Run; now: Date }) => (
  <li data-testid="run" data-run-id={run.runId} data-state={run.state} data-outcome={run.outcome}>
    {runSentence(run, now)}
    {run.waits.length > 0 && (
      <ul class="plain-list muted small" data-testid="run-waits">
        {run.waits.map((wait) => (
          <li key={wait.since}>{waitSentence(wait, now)}</li>
        ))}
      </ul>
    )}
  </li>
)

/** `changed` is another text whenever there may be a new run, or another state of one. */
const Runs = ({ api, changed }: { api: Api; changed: string }) => {
  const [runs, setRuns] = useState<Run[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  useEffect(() => {
    let isStale = false
    api.runs({ limit: pageSize }).then(
      ({ items, nextCursor }) => {
        if (isStale) return
        setRuns(items)
        setCursor(nextCursor)
        setFailure(null)
      },
      (error: unknown) => !isStale && setFailure(error),
    )
    return () => {
      isStale = true
    }
  }, [api, changed])

  const loadEarlier = async (after: string): Promise<void> => {
    try {
      const { items, nextCursor } = await api.runs({ limit: pageSize, cursor: after })
      setRuns((shown) => [...(shown ?? []), ...items])
      setCursor(nextCursor)
    } catch (error) {
      setFailure(error)
    }
  }

  const now = new Date()
  return (
    <div class="runs">
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      {runs === null && failure === null && <p class="muted">Loading…</p>}
      {runs?.length === 0 && <p class="muted">None yet.</p>}
      {runs !== null && (
        <ul class="plain-list" data-testid="runs">
          {runs.map((run) => (
            <RunItem key={run.runId} run={run} now={now} />
          ))}
        </ul>
      )}
      {cursor !== null && (
        <Button testId="earlier-runs" onPress={() => loadEarlier(cursor)}>
          Earlier syncs
        </Button>
      )}
    </div>
  )
}

/** What was done lately, by whom, and what it waited for: asked for when somebody wants to know. */
export const RunsList = ({ api, changed }: { api: Api; changed: string }) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-testid="runs-summary">Recent syncs</summary>
      {isOpen && <Runs api={api} changed={changed} />}
    </details>
  )
}
