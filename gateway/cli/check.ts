import { verifyModelFiles } from '../../backends/onnx/model/verify.ts'
import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import { resolveModelFolder } from '../../backends/onnx/model/resolve.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { overridesPath, readLimitMs, readOverrides } from '../config/overrides/file.ts'
import { describeOverride, settle } from '../config/overrides/settle.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import { fileWorkInTime } from '../core/file-work.ts'
import { late } from '../core/in-time.ts'
import { replicaName } from '../core/replica-name.ts'
import type { ReplicaStatus, ServedModels, TierStatus } from '../core/served-model.ts'
import { configFlag, refuseWords, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { print } from './io.ts'
import { localModelOf } from './local/local-model.ts'
import { settledReplicas } from './local/settled.ts'
import { withSilentApp } from './local/silent-app.ts'
import { unmeasuredModels } from './local/unmeasured.ts'
import { lookAtFolder } from './machine/writable-folder.ts'
import { styleFor } from './style.ts'
import { table } from './table.ts'

/** `embedgate check` */
export const check: Command = {
  usage: 'check [--config FILE]',
  about:
    'Says what is wrong with a configuration and with what it names, without listening: the file itself, plugins, the\n' +
    'spaces of each chain, dataDir, checksums of model files, and whether every backend starts, answers, and answers right.\n' +
    'Exit 1 with a line for each fault. An optional device that is not on this machine is no fault, nor is a remote engine\n' +
    'that cannot be reached from it.',
  flags: { config: configFlag },
  examples: ['embedgate check', 'embedgate check --config production.yaml && deploy'],
  run: async (given, io) => {
    refuseWords(given, check.usage)
    const style = styleFor(io, io.stdout)
    const loaded = loadConfig(given.text('config'), io.env)
    const faults: string[] = []
    const outOfReach: string[] = []
    await withSilentApp(loaded, async (app) => {
      await app.ready()
      print(io, `${style('green', 'ok')}  configuration: ${loaded.path ?? 'the embedded default'}`)
      const dataDirFault = await lookAtFolder(app.dataDir)
      if (dataDirFault !== undefined) faults.push(`dataDir ${app.dataDir}: ${dataDirFault}`)
      const overrides = dataDirFault === undefined ? await foundOverrides(loaded.config) : nothingFound
      faults.push(...overrides.faults)
      const notes = [...loaded.warnings, ...overrides.notes, ...unmeasuredModels(app.models)]
      for (const note of notes) print(io, `${style('yellow', 'note')}  ${note}`)
      const damaged = await modelFileFaults(loaded)
      faults.push(...damaged)
      if (damaged.length === 0) print(io, `${style('green', 'ok')}  model files`)
      const replicas = await settledReplicas(app, loaded.config.timeouts.modelLoadMs)
      print(io, '', ...table(replicas.map(rowOf)), '')
      outOfReach.push(...replicas.flatMap(replicaWarnings))
      for (const warning of outOfReach) print(io, `${style('yellow', 'note')}  ${warning}`)
      faults.push(...replicas.flatMap(replicaFaults), ...modelFaults(app.models))
    })
    for (const fault of faults) io.stderr.write(`${styleFor(io, io.stderr)('red', 'fault')}  ${fault}\n`)
    if (faults.length > 0) return exitCode.refused
    const conclusion = outOfReach.length === 0 ? 'everything that is configured works here' : 'the rest works here'
    print(io, `${style('green', 'ok')}  ${conclusion}`)
    return exitCode.done
  },
}

type FoundOverrides = Readonly<Record<'notes' | 'faults', readonly string[]>>

const nothingFound: FoundOverrides = { notes: [], faults: [] }

/** What operators have changed at run time, and a gateway that starts here would go by. */
const foundOverrides = async (config: Config): Promise<FoundOverrides> => {
  const path = overridesPath(config.dataDir)
  const found = await fileWorkInTime(systemClock, readLimitMs, readOverrides(path))
  if (found === late) return { notes: [], faults: [`${path} cannot be read: its disk does not answer`] }
  const { inForce, warnings } = settle(config, found.overrides)
  const described = inForce.map((override) => `override: ${describeOverride(override)}`)
  return { notes: [...found.warnings, ...warnings, ...described], faults: [] }
}

/** Checksums of the files of every model that a local backend names. */
const modelFileFaults = async ({ config }: LoadedConfig): Promise<string[]> => {
  const faults: string[] = []
  const names = Object.values(config.backends).flatMap((backend) => localModelOf(backend) ?? [])
  for (const name of new Set(names)) {
    try {
      await verifyModelFiles(loadModelFiles(resolveModelFolder(name, config.dataDir)))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      faults.push(`model ${name}: ${error.message}`)
    }
  }
  return faults
}

const rowOf = ({ backend, replica, kind, state, parity, detail }: ReplicaStatus): string[] => [
  replicaName(backend, replica),
  kind,
  state,
  parity === undefined ? '' : `parity ${parity.toFixed(6)}`,
  detail ?? '',
]

const replicaFaults = (replica: ReplicaStatus): string[] => (replica.remote ? [] : whyNotServing(replica))

/** A remote engine may be out of reach from here, or for now. */
const replicaWarnings = (replica: ReplicaStatus): string[] => (replica.remote ? whyNotServing(replica) : [])

const whyNotServing = ({ backend, state, detail, optional }: ReplicaStatus): string[] => {
  if (state === 'serving' || (optional && state === 'absent')) return []
  return [`backend ${backend} is ${state}${detail === undefined ? '' : `: ${detail}`}`]
}

const isOrMayBeUp = ({ computing, available, replicas }: TierStatus): boolean =>
  computing && (available || replicas.some(({ remote }) => remote))

const modelFaults = (models: ServedModels): string[] =>
  models
    .list()
    .filter((served) => !served.tiers().some(isOrMayBeUp))
    .map(({ model }) => `model ${model.name} has no backend that can compute`)
