import { describe, type JsonSchema } from './describe.ts'
import { Config } from './schema.ts'

const head = `# Configuration

One YAML file, \`embedgate.yaml\` or \`embedgate.yml\` in the working directory or the one that \`--config\` names. Without one the embedded
default is used: \`all-MiniLM-L6-v2\` along the chain \`gpu\`, \`cpu\`, \`cached\`. Every key has a default, and a file sets
only what differs. \`backends\` and \`models\` are the exception: they are not merged with the default ones, and a file that
sets \`backends\` sets \`models\` too. Unknown keys are refused. \`embedgate check\` says what is wrong, all at once.

\`\${NAME}\` is replaced by an environment variable, \`\${NAME:-default}\` by its default where the variable is unset or
empty; \`$\${NAME}\` stands for the characters themselves. A variable that is not set and has no default is an error. A plain
value that is one variable and nothing else is read as YAML would read its value (\`port: \${PORT}\` is a number); put it in
quotes to keep it text. Relative paths of plugins, model folders and reference files start at the file's folder, \`dataDir\` at
the working directory. [config.schema.json](config.schema.json) is the same for editors.

The keys of a backend are those of \`backends.*\` below and those of its kind: [remote engines](remote-engines.md) are \`openai\`
and \`tei\`, and a [kind of your own](../Guides/write-a-backend.md) brings its own.

This page is generated from \`gateway/config/schema.ts\`: \`npm run docs:config\`.
`

/** The reference page of the configuration, in Markdown. */
export const referencePage = (): string => {
  const sections = Object.entries((Config as JsonSchema).properties ?? {})
  const plain = sections.filter(([, schema]) => rowsOf('', schema).length === 0)
  return [
    head,
    '## Top level\n',
    tableOf(plain.map(([name, schema]) => rowOf(name, schema, true))),
    ...sections.filter((section) => !plain.includes(section)).map(([name, schema]) => sectionOf(name, schema)),
  ].join('\n')
}

type Row = readonly [key: string, expects: string, fallback: string, meaning: string]

const sectionOf = (name: string, schema: JsonSchema): string =>
  [`\n## ${name}\n`, ...(schema.description ? [`${schema.description}\n`] : []), tableOf(rowsOf('', schema))].join('\n')

/** One row for each key that holds a value; `*` stands for a name of one's own, `[]` for each entry of a list. */
const rowsOf = (prefix: string, { properties, patternProperties, required }: JsonSchema): Row[] => [
  ...Object.entries(properties ?? {}).flatMap(([name, schema]) => {
    const own = schema.properties ? [] : [rowOf(prefix + name, schema, required?.includes(name) === true)]
    return own.concat(rowsOf(`${prefix}${name}.`, schema), rowsOf(`${prefix}${name}[].`, schema.items ?? {}))
  }),
  ...Object.values(patternProperties ?? {}).flatMap((schema) =>
    schema.properties ? rowsOf(`${prefix}*.`, schema) : [],
  ),
]

const rowOf = (key: string, schema: JsonSchema, isRequired: boolean): Row => {
  const fallback =
    schema.default === undefined ? (isRequired ? '**required**' : 'none') : `\`${JSON.stringify(schema.default)}\``
  return [`\`${key}\``, describe(schema).replaceAll('|', '\\|'), fallback, schema.description ?? '']
}

const tableOf = (rows: readonly Row[]): string =>
  [
    '| key | value | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n')
