import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawDashboard } from '../../../monitoring/dashboards/draw/dashboard.ts'
import { layout } from '../../../monitoring/dashboards/draw/layout.ts'
import { dashboards } from '../../../monitoring/dashboards/index.ts'
import { number, stack, type Panel } from '../../../monitoring/dashboards/spec.ts'

const root = join(import.meta.dirname, '../../..')
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
const panels = dashboards.flatMap(({ uid, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ name: `${uid}: ${panel.title}`, panel }))),
)

describe.each(dashboards)('the dashboard $uid [O5]', (dashboard) => {
  it('is committed as it is built', async () => {
    const file = join(root, `monitoring/grafana/dashboards/${dashboard.uid}.json`)
    await expect(json(drawDashboard(dashboard))).toMatchFileSnapshot(file)
  })

  it('overlaps nowhere and leaves no gap in a line', () => {
    const places = (drawDashboard(dashboard).panels ?? []).map(({ gridPos }) => gridPos)
    const cells = places.flatMap((place) =>
      place
        ? Array.from(
            { length: place.w * place.h },
            (_, at) => (place.y + Math.floor(at / place.w)) * 24 + place.x + (at % place.w),
          )
        : [],
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...cells) + 1).toBe(cells.length)
  })
})

describe.each(panels)('the panel $name', ({ panel }) => {
  it('says what it shows, in which unit, and leads to a runbook that exists', () => {
    expect(panel.description.length).toBeGreaterThan(20)
    expect(panel.unit).not.toBe('')
    expect(panel.queries.every(({ legend }) => legend !== '')).toBe(true)
    if (panel.runbook !== undefined) expect(existsSync(join(root, `docs/runbooks/${panel.runbook}.md`))).toBe(true)
  })
})

describe('the layout', () => {
  const graph = stack({ title: '', description: '', unit: '', queries: [] })
  const value: Panel = number(graph)

  it('fills every line', () => {
    expect(layout([value, value, value, value, value], 0).map(({ w }) => w)).toEqual([5, 5, 5, 5, 4])
    expect(layout([graph, graph, graph], 0).map(({ w }) => w)).toEqual([8, 8, 8])
    expect(layout([value, graph, graph, graph, graph, graph], 3).map(({ y, w }) => [y, w])).toEqual([
      [3, 24],
      [7, 12],
      [7, 12],
      [15, 12],
      [15, 12],
      [23, 24],
    ])
  })
})

describe("Grafana's own types", { timeout: 120_000 }, () => {
  /** In JSON an enum is its value. What the SDK writes beyond the schema, as the expression of an annotation, is no fault. */
  const asWritten = `
    import type { Dashboard } from '@grafana/schema'
    type Written<T> = T extends string ? \`\${T}\`
      : T extends number | boolean | null | undefined ? T
      : T extends readonly (infer E)[] ? readonly Written<E>[]
      : { readonly [K in keyof T]: Written<T[K]> }
    const check = <const D extends readonly Written<Dashboard>[]>(dashboards: D): D => dashboards
    check(`

  /** What the compiler says of a value as dashboards. */
  const faults = (value: unknown): string => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-dashboards-'))
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
      writeFileSync(join(folder, 'check.ts'), `${asWritten}${JSON.stringify(value)})\n`)
      const options = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        '',
      ]
      execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, 'check.ts'], { cwd: folder, encoding: 'utf8' })
      return ''
    } catch (error) {
      return String((error as { stdout?: string }).stdout)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('accept every dashboard, and refuse a wrong one', () => {
    expect(faults(dashboards.map(drawDashboard))).toBe('')
    expect(faults([{ ...dashboards.map(drawDashboard)[0], schemaVersion: 'x' }])).toContain(
      "Type 'string' is not assignable to type 'number'",
    )
  })
})
