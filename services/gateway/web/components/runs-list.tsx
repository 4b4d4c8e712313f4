import type { Run, RunPage } from '@slipstream/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, errorToShow } from '../api.ts'
import { sizeToReload, withNextPage } from '../paging.ts'
import { runSentence, waitSentence } from '../runs-text.ts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'

const sizes = { page: 10, largest: 50 }

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
  const [runs, setRuns] = useState<RunPage | null>(null)
  const latest = useRef(runs)
  latest.current = runs
  const [failure, setFailure] = useState<unknown>(null)

  useEffect(() => {
    let isStale = false
    api.runs({ limit: sizeToReload(latest.current, sizes) }).then(
      (page) => {
        if (isStale) return
        setRuns(page)
        setFailure(null)
      },
      (error: unknown) => !isStale && setFailure(error),
    )
    return () => {
      isStale = true
    }
  }, [api, changed])

  const loadEarlier = async (cursor: string): Promise<void> => {
    try {
      const page = await api.runs({ limit: sizes.page, cursor })
      setRuns((shown) => withNextPage(shown, cursor, page, ({ runId }) => runId))
      setFailure(null)
    } catch (error) {
      setFailure(error)
    }
  }

  const now = new Date()
  const cursor = runs?.nextCursor ?? null
  return (
    <div class="runs">
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      {runs === null && failure === null && <p class="muted">Loading…</p>}
      {runs?.items.length === 0 && <p class="muted">None yet.</p>}
      {runs !== null && (
        <ul class="plain-list" data-testid="runs">
          {runs.items.map((run) => (
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
