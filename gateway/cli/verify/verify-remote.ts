import type { FastifyInstance } from 'fastify'
import { createBackends } from '../../chain/create-backends.ts'
import { readReferences, writeReferences } from '../../chain/references-file.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Backend } from '../../core/backend.ts'
import { GatewayError } from '../../core/errors.ts'
import { noLog } from '../../core/log.ts'
import type { References } from '../../core/model.ts'
import type { Space } from '../../core/space.ts'
import { exitCode, type ExitCode } from '../exit-code.ts'
import { print, type Io } from '../io.ts'
import { parityOf, startBackend, vectorsOf } from './parity-of.ts'
import { recordedTexts } from './recorded-texts.ts'

/**
 * Measures the remote engines of a configured model against its reference file; with `record`, writes that file first, from
 * the first engine of the chain.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` when the model has no reference file, and none is to be written
 */
export const verifyRemote = async (
  name: string,
  { config }: LoadedConfig,
  app: FastifyInstance,
  record: string | undefined,
  io: Io,
): Promise<ExitCode> => {
  const { chain, minParity, references: path } = config.models[name] ?? { chain: [], minParity: 0.999 }
  const { clock, meter, dataDir } = app
  const surroundings = { log: noLog, clock, meter, dataDir }
  const created = createBackends(config.backends, { [name]: { chain } }, app.backends.kinds(), surroundings)
  const engines = [...created.values()].flatMap(({ replicas }) => replicas).filter(({ claimsSpace }) => claimsSpace)
  const space = engines.find((engine) => engine.space)?.space
  if (!space) throw new GatewayError('EG_CONFIG_INVALID', `no remote backend of ${name} says its model`)
  let references = record === undefined && path !== undefined ? await readReferences(path, `models.${name}`) : undefined
  let isNear = true
  for (const engine of engines) {
    try {
      await startBackend(engine, config.timeouts.modelLoadMs)
      references ??= await recorded(engine, space, record, name, io)
      const { min, mean } = parityOf(await vectorsOf(engine, space, references.texts), references)
      const measured = `min cosine ${min.toFixed(7)}, mean ${mean.toFixed(7)} over ${references.texts.length} texts`
      print(io, `${min >= minParity ? 'ok' : 'no'}  ${nameOf(engine)}: ${measured}; minParity is ${minParity}`)
      isNear &&= min >= minParity
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'EG_CONFIG_INVALID') throw error
      print(io, `no  ${nameOf(engine)}: ${error instanceof Error ? error.message : String(error)}`)
      isNear = false
    } finally {
      await engine.close()
    }
  }
  return isNear ? exitCode.done : exitCode.refused
}

const recorded = async (
  engine: Backend,
  space: Space,
  path: string | undefined,
  model: string,
  io: Io,
): Promise<References> => {
  if (path === undefined) {
    const message = `${model} has no reference file; --record FILE writes one`
    throw new GatewayError('EG_CONFIG_INVALID', message, { param: `models.${model}.references` })
  }
  const vectors = await vectorsOf(engine, space, recordedTexts)
  const references = { texts: recordedTexts, dims: space.dims, vectors }
  await writeReferences(path, references)
  print(io, `ok  ${nameOf(engine)}: the vectors of ${recordedTexts.length} texts are now ${path}`)
  return references
}

const nameOf = ({ name, replica }: Backend): string => (replica === 0 ? name : `${name}[${replica}]`)
