import { render } from 'preact'
import { App } from './app.tsx'
import { readNotice } from './notice.ts'
import type { PageConfig } from './session.ts'
import './styles/index.css'

const notice = readNotice(location.search)
// Out of the address bar at once: a reload or a bookmark must not repeat old news.
if (notice !== null) history.replaceState(null, '', location.pathname)

// A page brought back from the browser's history would still show its buttons as busy and its stream as open.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

/** The gateway writes it into the page, so that nothing has to be asked for before the page can be used. */
const config: PageConfig = JSON.parse(document.getElementById('config')?.textContent ?? '')

const root = document.getElementById('app')
if (root !== null) render(<App config={config} notice={notice} />, root)
