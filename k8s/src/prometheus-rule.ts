import { parse, stringify } from 'yaml'

/** The alerts of Prometheus' own rule file as a resource of its operator; without a file there are none. */
export const prometheusRule = (rules: string | null): string =>
  stringify(
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'slipstream' },
      spec: { groups: rules === null ? [] : parse(rules).groups },
    },
    { lineWidth: 120 },
  )
