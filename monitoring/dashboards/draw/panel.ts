import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import {
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  GraphThresholdsStyleConfigBuilder,
  StackingConfigBuilder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardLinkBuilder,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel as GrafanaPanel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Panel, PanelSpec } from '../spec.ts'
import type { Place } from './layout.ts'
import { source } from './source.ts'

/** A panel as Grafana reads it. */
export const drawPanel = (panel: Panel, id: number, place: Place): cog.Builder<GrafanaPanel> =>
  common(builderOf(panel), panel)
    .id(id)
    .gridPos({ ...place })

type AnyBuilder = StatBuilder | StateTimelineBuilder | TimeseriesBuilder

const builderOf = (panel: Panel): AnyBuilder => {
  if (panel.drawn === 'number') {
    return new StatBuilder().reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
  }
  if (panel.drawn !== 'states') return graph(panel)
  return new StateTimelineBuilder()
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .mappings([mappingOf(panel.states)])
}

const graph = (panel: Panel): TimeseriesBuilder => {
  const builder = new TimeseriesBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(panel.drawn === 'stack' ? 30 : 5)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (panel.drawn === 'stack') builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
  if (panel.steps)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  return builder
}

const common = (builder: AnyBuilder, panel: PanelSpec): AnyBuilder => {
  const { title, description, unit, queries, steps = [], base = 'green', runbook, min, max } = panel
  builder
    .title(title)
    .description(description)
    .datasource(source)
    .unit(unit)
    .thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps([{ value: null, color: base }, ...steps.map(({ value, colour }) => ({ value, color: colour }))]),
    )
    .targets(
      queries.map(({ expr, legend }, index) =>
        new DataqueryBuilder()
          .expr(expr)
          .legendFormat(legend)
          .refId(String.fromCharCode('A'.charCodeAt(0) + index))
          .range(),
      ),
    )
  if (min !== undefined) builder.min(min)
  if (max !== undefined) builder.max(max)
  if (runbook !== undefined)
    builder.links([new DashboardLinkBuilder(`Runbook: ${runbook}`).url(runbookUrl(runbook)).targetBlank(true)])
  return builder
}

/** Where the folder docs/runbooks is served is for the operator to say, in the variable `runbooks`. */
const runbookUrl = (alert: string): string => `\${runbooks}/${alert}.md`

const mappingOf = (states: (Panel & { drawn: 'states' })['states']) => ({
  type: MappingType.ValueToText as const,
  options: Object.fromEntries(
    Object.entries(states).map(([value, { text, colour }], index) => [value, { text, color: colour, index }]),
  ),
})
