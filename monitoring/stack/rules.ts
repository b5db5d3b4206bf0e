import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { packageRoot } from '../../bench/package-root.ts'
import { readDuration, writeDuration } from './durations.ts'

/** One recording or alerting rule. */
export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
}

/** A rule file of Prometheus. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

/** What a window of an expression, or the wait of an alert, becomes in milliseconds; told the rule that it is of. */
export type Scale = (ms: number, rule: Rule, of: 'window' | 'wait') => number

const folder = join(packageRoot, 'monitoring/prometheus/rules')

/** The rule files of this repository, by name. */
export const ruleFiles = (): ReadonlyMap<string, RuleFile> =>
  new Map(readdirSync(folder).map((name) => [name, parse(readFileSync(join(folder, name), 'utf8')) as RuleFile]))

/** The same rules with other windows and waiting times: nobody wants to wait for three days to see whether an alert fires. */
export const rescaled = ({ groups }: RuleFile, scale: Scale): RuleFile => ({
  groups: groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => {
      const change = (text: string, of: 'window' | 'wait'): string => writeDuration(scale(readDuration(text), rule, of))
      return {
        ...rule,
        expr: rule.expr.replaceAll(/\[(\w+)\]/g, (_, window: string) => `[${change(window, 'window')}]`),
        ...(rule.for !== undefined && { for: change(rule.for, 'wait') }),
      }
    }),
  })),
})

/** A rule file as Prometheus reads it. */
export const writeRules = (file: RuleFile): string => stringify(file)
