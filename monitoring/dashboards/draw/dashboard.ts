import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard'
import type { DashboardSpec } from '../spec.ts'
import { annotations } from './annotations.ts'
import { bottomOf, layout } from './layout.ts'
import { drawPanel } from './panel.ts'
import { variables } from './variables.ts'

const tag = 'embedgate'

/** A dashboard as Grafana imports it. */
export const drawDashboard = ({ uid, title, description, rows }: DashboardSpec): Dashboard => {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .variables(variables())
    .annotations(annotations())
    .links([
      new DashboardLinkBuilder('Embedgate')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .includeVars(true)
        .keepTime(true),
    ])
  let top = 0
  let id = 0
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id).gridPos({ x: 0, y: top, w: 24, h: 1 }))
    const places = layout(row.panels, top + 1)
    row.panels.forEach((panel, index) => {
      const place = places[index]
      if (place) builder.withPanel(drawPanel(panel, ++id, place))
    })
    top = bottomOf(places)
  }
  return builder.build()
}
