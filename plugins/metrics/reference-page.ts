import type { MetricDefinition } from './prom-meter.ts'

const head = `# Metrics

\`GET /metrics\` in Prometheus' text format 0.0.4; \`server.publicMetrics: false\` takes it off the public listener. Every name
begins with \`embedgate_\`. Besides these there are \`process_*\` and \`nodejs_*\`, as prom-client has them.

Labels are bounded: a value is a name of the configuration, a word of a fixed list, or a number of something on this machine.
Whatever else a caller sends is \`other\`. Counters and histograms are there from the start of what they count, with 0, where
their labels are known by then.

| label | values |
| --- | --- |
| \`backend\`, \`tier\`, \`from\`, \`to\` | backends of the configuration; cache tiers; states of a breaker; \`cached\` for stored results |
| \`cause\` | which rule changed the state of a breaker |
| \`code\` | [codes of errors](errors.md) |
| \`device\` | of models the execution provider (\`cpu\`, \`cuda\`, \`webgpu\`); of utilization the graphics processor |
| \`model\` | served models; of model times the model of the files, which several served ones may share |
| \`outcome\` | \`success\`; \`failure\`: it broke; \`overload\`: it is full; \`caller\`: the request was at fault; \`neutral\`: nobody learns anything |
| \`priority\` | \`interactive\`, \`bulk\`; \`unknown\` where a request was refused before it was read |
| \`process\`, \`kind\` | \`gateway\`, and workers as \`<backend>-worker-<n>\`; \`rss\`, \`heap\`, \`external\` |
| \`reason\` | why; the words are those of logs |
| \`replica\` | number of a backend's URL, from 0 |
| \`route\` | the pattern of the path; \`other\` for paths that do not exist |
| \`status\` | of HTTP; 499 when the caller left before the answer |
| \`tenant\` | tenants of keys; \`default\` where no keys are configured, \`other\` for callers without one |

This page is generated from the registry of a gateway: \`npm run docs:metrics\`.
`

/** The reference page of the metrics, in Markdown. */
export const referencePage = (definitions: readonly MetricDefinition[]): string => {
  const sorted = definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const buckets = sorted.filter((each) => each.buckets !== undefined)
  return [
    head,
    '## Names\n',
    table(
      ['name', 'type', 'labels', 'meaning'],
      sorted.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]),
    ),
    '\n## Buckets\n',
    'Upper bounds; the last one, `+Inf`, is always there.\n',
    table(
      ['name', 'bounds'],
      buckets.map(({ name, buckets: bounds = [] }) => [code(name), bounds.join(', ')]),
    ),
  ].join('\n')
}

const code = (word: string): string => `\`${word}\``

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n') + '\n'
