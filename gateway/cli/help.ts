import type { Command } from './command.ts'
import { commands } from './commands.ts'

/** The help of the program. */
export const programHelp = (): string =>
  [
    'embedgate: one endpoint for text embeddings, answered by the best backend that is healthy.',
    '',
    'Usage: embedgate COMMAND [FLAGS]',
    '',
    'Commands:',
    ...columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    '',
    'Start here:',
    '  embedgate serve                      listens on http://127.0.0.1:8080 with the embedded model',
    '  embedgate embed "a cat" "a kitten"   without a server',
    '  embedgate COMMAND --help             flags and examples of a command',
    '',
    'Exit codes: 0 done, 1 refused (configuration, check), 2 usage, 70 a fault of embedgate itself.',
  ].join('\n')

/** The help of one command. */
export const commandHelp = ({ usage, about, flags, examples }: Command): string =>
  [
    `Usage: embedgate ${usage}`,
    '',
    about,
    '',
    'Flags:',
    ...columns([
      ...Object.entries(flags).map(([name, { short, value, help }]): [string, string] => [
        `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
        help,
      ]),
      ['-h, --help', 'this text'],
    ]),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n')

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
