import { type Dashboard, DashboardBuilder, DashboardCursorSync } from '@grafana/grafana-foundation-sdk/dashboard'
import { type BoardItem, builderOf } from './panels.ts'

export interface Board {
  /** Also the name of its file. */
  uid: string
  title: string
  /** The question it answers. */
  question: string
  items: readonly BoardItem[]
}

export const dashboardOf = ({ uid, title, question, items }: Board): Dashboard => {
  const builder = new DashboardBuilder(`Slipstream: ${title}`)
    .uid(`slipstream-${uid}`)
    .description(question)
    .tags(['slipstream'])
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
  for (const item of items) {
    const built = builderOf(item)
    if ('row' in built) builder.withRow(built.row)
    else builder.withPanel(built.panel)
  }
  return builder.build()
}
