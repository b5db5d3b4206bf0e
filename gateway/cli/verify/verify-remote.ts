import type { FastifyInstance } from 'fastify'
import { createBackends } from '../../chain/create-backends.ts'
import { readReferences, writeReferences } from '../../chain/references-file.ts'
import { wholeReferences } from '../../chain/whole-references.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Backend } from '../../core/backend.ts'
import { GatewayError } from '../../core/errors.ts'
import { noLog } from '../../core/log.ts'
import type { OnTooLong, References } from '../../core/model.ts'
import { exitCode, type ExitCode } from '../exit-code.ts'
import { replicaName } from '../../core/replica-name.ts'
import { print, type Io } from '../io.ts'
import { parityOf, startBackend, vectorsOf } from './parity-of.ts'
import { record } from './record.ts'

/** How an engine's vectors are: `far` below the floor, `unknown` when it did not answer. */
type Verdict = 'near' | 'far' | 'unknown'

/**
 * Measures the remote engines of a configured model against its reference file. With `file`, against the vectors of the
 * first one that answers, which are written there unless another is below the floor: then nobody knows which one is right.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` when the model has no reference file, and none is to be written
 */
export const verifyRemote = async (
  name: string,
  { config }: LoadedConfig,
  app: FastifyInstance,
  file: string | undefined,
  io: Io,
): Promise<ExitCode> => {
  const model = config.models[name]
  const { chain, minParity, onTooLong } = model ?? { chain: [], minParity: 0.999, onTooLong: 'truncate' }
  const { clock, meter, dataDir } = app
  const surroundings = { log: noLog, clock, meter, dataDir }
  const created = createBackends(config.backends, { [name]: { chain } }, app.backends.kinds(), surroundings)
  const engines = [...created.values()].flatMap(({ replicas }) => replicas).filter(({ claimsSpace }) => claimsSpace)
  const space = engines.find((engine) => engine.space)?.space
  if (!space) throw new GatewayError('EG_CONFIG_INVALID', `no remote backend of ${name} says its model`)
  let references = file === undefined ? await referencesOf(name, model?.references, onTooLong) : undefined
  const { modelLoadMs, inferenceMs } = config.timeouts

  const verdictOn = async (engine: Backend): Promise<Verdict> => {
    try {
      await startBackend(engine, modelLoadMs)
      references ??= await record(engine, space, onTooLong, inferenceMs, io)
      const { min, mean } = parityOf(await vectorsOf(engine, space, references.texts), references)
      const measured = `min cosine ${min.toFixed(7)}, mean ${mean.toFixed(7)} over ${references.texts.length} texts`
      print(
        io,
        `${min >= minParity ? 'ok' : 'no'}  ${replicaName(engine.name, engine.replica)}: ${measured}; minParity is ${minParity}`,
      )
      return min >= minParity ? 'near' : 'far'
    } catch (error) {
      print(
        io,
        `no  ${replicaName(engine.name, engine.replica)}: ${error instanceof Error ? error.message : String(error)}`,
      )
      return 'unknown'
    } finally {
      await engine.close()
    }
  }

  const verdicts: Verdict[] = []
  for (const engine of engines) verdicts.push(await verdictOn(engine))
  if (file !== undefined && references && verdicts.includes('far')) {
    print(io, `no  ${file} is not written: the engines disagree, and nothing says which is right`)
  } else if (file !== undefined && references) {
    await writeReferences(file, references)
    print(io, `ok  the vectors of ${references.texts.length} texts are now ${file}`)
  }
  return verdicts.every((verdict) => verdict === 'near') ? exitCode.done : exitCode.refused
}

const referencesOf = async (model: string, path: string | undefined, onTooLong: OnTooLong): Promise<References> => {
  const param = `models.${model}.references`
  const read = path === undefined ? undefined : await readReferences(path, param)
  const references = read && onTooLong === 'refuse' ? wholeReferences(read) : read
  if (references) return references
  throw new GatewayError('EG_CONFIG_INVALID', `${model} has no reference vectors; --record FILE writes some`, { param })
}
