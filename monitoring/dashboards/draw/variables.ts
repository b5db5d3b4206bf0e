import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { source } from './source.ts'

/** What can be chosen at the top of every dashboard. */
export const variables = (): cog.Builder<VariableModel>[] => [
  new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
  several('instance', 'Instance', 'label_values(embedgate_build_info, instance)'),
  several('model', 'Model', 'label_values(embedgate_chain_available_tiers{instance=~"$instance"}, model)'),
  several('backend', 'Backend', 'label_values(embedgate_backend_up{instance=~"$instance"}, backend)'),
  new TextBoxVariableBuilder('runbooks')
    .label('Runbooks')
    .description('Where docs/runbooks is served; panels link to its pages.')
    .defaultValue('docs/runbooks')
    .hide(VariableHide.HideVariable),
]

/** One, several or all values of a label. All also stands for series whose label has no value of the list, as `other`. */
const several = (name: string, label: string, query: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' })
