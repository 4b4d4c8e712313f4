import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { prometheusRule } from '../prometheus-rule.ts'

const root = resolve(import.meta.dirname, '../../..')
const rules = join(root, 'deploy/prometheus/alerts.yaml')
const target = join(root, 'k8s/components/monitoring/prometheus-rule.yaml')

// kustomize reads nothing outside its folders, so the rules are copied into them.
writeFileSync(target, prometheusRule(existsSync(rules) ? readFileSync(rules, 'utf8') : null))
