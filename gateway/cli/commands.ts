import type { Command } from './command.ts'

/** A command as the list of commands knows it: its file is loaded only when it is called. */
export interface ListedCommand {
  readonly summary: string
  load(): Promise<Command>
}

/** All commands, in the order of the help. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  serve: { summary: 'run the gateway', load: async () => (await import('./serve.ts')).serve },
  check: {
    summary: 'say what is wrong with a configuration, and with what it names',
    load: async () => (await import('./check.ts')).check,
  },
  embed: {
    summary: 'print vectors of texts, and how similar they are',
    load: async () => (await import('./embed.ts')).embed,
  },
  models: { summary: 'list models, verify one', load: async () => (await import('./models.ts')).models },
  keys: { summary: 'make an API key', load: async () => (await import('./keys.ts')).keys },
  doctor: {
    summary: 'say what this machine offers, and what would make it faster',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  worker: {
    summary: 'run one inference worker, for gateways on other machines',
    load: async () => (await import('./worker.ts')).worker,
  },
  version: { summary: 'print the version', load: async () => (await import('./version.ts')).version },
}
