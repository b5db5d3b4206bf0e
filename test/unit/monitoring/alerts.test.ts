import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../../..')
const monitoring = join(root, 'monitoring/prometheus')

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: { readonly severity: string }
  readonly annotations?: { readonly summary: string; readonly description: string; readonly runbook_url: string }
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}

const read = (folder: string): readonly string[] =>
  readdirSync(join(monitoring, folder)).map((file) => readFileSync(join(monitoring, folder, file), 'utf8'))
const rules = read('rules').flatMap((text) => (parse(text) as Rules).groups.flatMap((group) => group.rules))
const alerts = rules.filter(({ alert }) => alert !== undefined)
const guide = readFileSync(join(root, 'docs/Guides/monitoring.md'), 'utf8')
const tests = read('tests').join('\n')

describe.each(alerts)('the alert $alert [O5]', ({ alert = '', labels, annotations }) => {
  it('has a severity, says whom it concerns, and leads to its runbook', () => {
    expect(labels?.severity).toMatch(/^(critical|warning)$/)
    expect(annotations?.summary).toMatch(/\{\{ \$labels\.(instance|job|model|backend) \}\}/)
    expect(annotations?.description.length).toBeGreaterThan(20)
    expect(annotations?.runbook_url).toBe(`docs/runbooks/${alert}.md`)
  })

  it('has a runbook with what users notice, how to confirm it, a remedy, and what not to do', () => {
    const text = readFileSync(join(root, `docs/runbooks/${alert}.md`), 'utf8')
    expect(text).toMatch(new RegExp(`^# ${alert}\n`))
    expect(text.match(/^## .+$/gm)).toEqual([
      '## What users notice',
      '## Confirm it in a minute',
      '## Remedy',
      '## What not to do',
    ])
    expect(text.toLowerCase()).toContain(`**${labels?.severity}.**`)
  })

  it('is in the list of the guide, with its severity', () => {
    expect(guide).toMatch(new RegExp(`\\[${alert}\\]\\(../runbooks/${alert}.md\\) +\\| ${labels?.severity} `))
  })

  it('is tested: quiet, and firing', () => {
    expect(tests).toContain(`ALERTS{alertname="${alert}", alertstate="firing"}`)
  })
})

describe('the runbooks', () => {
  it('are those of the alerts, and all in the list', () => {
    const files = readdirSync(join(root, 'docs/runbooks')).filter((file) => file !== 'README.md')
    const list = readFileSync(join(root, 'docs/runbooks/README.md'), 'utf8')
    expect(files.map((file) => file.replace('.md', '')).sort()).toEqual(alerts.map(({ alert = '' }) => alert).sort())
    expect(files.filter((file) => !list.includes(`](${file})`))).toEqual([])
  })

  it('lead to pages that exist', () => {
    const pages = readdirSync(join(root, 'docs/runbooks'))
    const links = pages.flatMap((page) =>
      [...readFileSync(join(root, 'docs/runbooks', page), 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(
        ([, link = '']) => link,
      ),
    )
    expect(links.filter((link) => !existsSync(join(root, 'docs/runbooks', link)))).toEqual([])
  })
})

describe('recording rules', () => {
  it('are named level:metric:operations, and are used by an alert or a dashboard', () => {
    const dashboards = readdirSync(join(root, 'monitoring/grafana/dashboards')).map((file) =>
      readFileSync(join(root, 'monitoring/grafana/dashboards', file), 'utf8'),
    )
    const uses = [...alerts.map(({ expr }) => expr), ...dashboards].join('\n')
    for (const { record } of rules) {
      if (record === undefined) continue
      expect(record).toMatch(/^[a-z_]+:embedgate_[a-z_]+:[a-z0-9_]+$/)
      expect(uses).toContain(record)
    }
  })
})
