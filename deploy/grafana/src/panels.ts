import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { ReduceDataOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import {
  type Panel,
  RowBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** The uid that `provisioning/datasources` gives to Prometheus. */
export const datasource = { type: 'prometheus', uid: 'slipstream-prometheus' }

export interface PanelText {
  title: string
  /** What it shows. */
  shows: string
  /** What to do when it looks bad; a panel without that is not worth its place. */
  whenBad: string
}

interface Shape {
  /** A unit of Grafana: `s`, `percentunit`, `short`, `bytes`, `reqps` … */
  unit: string
  /** By legend, in which Grafana puts labels for `{{label}}`. */
  queries: Readonly<Record<string, string>>
  max?: number
}

export interface Graph extends PanelText, Shape {
  /** Of the 24 columns; default 8: three in a row. */
  columns?: number
}

export interface Figure extends PanelText, Shape {
  /** From which value on it is yellow and red; descending: below which. */
  bad: { warn: number; alarm: number }
}

export type BoardItem = { row: string } | { graph: Graph } | { figure: Figure }

const description = ({ shows, whenBad }: PanelText): string => `${shows}\n\n**When it looks bad:** ${whenBad}`

const targets = (queries: Shape['queries']) =>
  Object.entries(queries).map(([legend, expression], index) =>
    new DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .datasource(datasource)
      .expr(expression)
      .legendFormat(legend)
      .range(),
  )

const thresholds = ({ warn, alarm }: Figure['bad']): ThresholdsConfigBuilder => {
  const steps: Threshold[] =
    warn < alarm
      ? [
          { color: 'green', value: null },
          { color: 'yellow', value: warn },
          { color: 'red', value: alarm },
        ]
      : [
          { color: 'red', value: null },
          { color: 'yellow', value: alarm },
          { color: 'green', value: warn },
        ]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}

const graphOf = (graph: Graph): Builder<Panel> => {
  const builder = new TimeseriesBuilder()
    .title(graph.title)
    .description(description(graph))
    .datasource(datasource)
    .unit(graph.unit)
    .min(0)
    .height(8)
    .span(graph.columns ?? 8)
    .fillOpacity(10)
    .targets(targets(graph.queries))
  return graph.max === undefined ? builder : builder.max(graph.max)
}

const figureOf = (figure: Figure): Builder<Panel> =>
  new StatBuilder()
    .title(figure.title)
    .description(description(figure))
    .datasource(datasource)
    .unit(figure.unit)
    .height(4)
    .span(6)
    .thresholds(thresholds(figure.bad))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .targets(targets(figure.queries))

/** One row of a board, or one panel. */
export const builderOf = (item: BoardItem): { row: RowBuilder } | { panel: Builder<Panel> } => {
  if ('row' in item) return { row: new RowBuilder(item.row) }
  return { panel: 'graph' in item ? graphOf(item.graph) : figureOf(item.figure) }
}
