import { InferenceSession, type Tensor, env } from 'onnxruntime-node'
import { fetchAgain, modelCorrupt } from '../model/corrupt.ts'
import type { ModelFiles } from '../model/model-files.ts'
import { type Input, type InputBuffer, inputBuffer, inputNames, inputTypes } from './session/input-buffer.ts'
import { pool } from './session/pooling.ts'
import type { Provider } from './profiles.ts'
import type { Session } from './session.ts'
import { type NormRule, applyNormRule } from './session/unit-rows.ts'

// Errors are thrown; the runtime's own lines about them would be duplicates, one for each look for an absent device.
env.logLevel = 'fatal'

/** Outputs in order of preference: one vector per text, or one per token, to be pooled here. */
const outputNames = ['sentence_embedding', 'token_embeddings', 'last_hidden_state'] as const

/** One thread per process: the pool has a process per core, and threads that spin between runs steal from it. */
const options: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
}

/**
 * Loads a model's graph on a device. onnxruntime does not fall back to another provider by itself: a missing one throws.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT` when the graph's inputs or outputs are not an embedding model's
 * @throws Error of the runtime when it cannot load the graph there
 */
export const openOrtSession = async (model: ModelFiles, padId: number, provider: Provider): Promise<Session> => {
  const { path, normalizes } = model.graph
  const runtime = await load(path, provider)
  const { dims, pooling, normalized } = model.space
  const inputs = runtime.inputMetadata.map((input): readonly [string, InputBuffer] => [
    input.name,
    inputBuffer(knownInput(input, path), padId),
  ])
  const output = outputNames.find((name) => runtime.outputNames.includes(name))
  if (!output) throw modelCorrupt(path, `has no output ${outputNames.join(' or ')}`, 'export it as an embedding model')
  const rule = normRule(normalized, normalizes)
  return {
    provider,
    dims,
    async run(rows) {
      const lengths = rows.map((ids) => ids.length)
      const longest = Math.max(...lengths)
      const feeds = Object.fromEntries(inputs.map(([name, tensorOf]) => [name, tensorOf(rows, longest)]))
      const outputs = await runtime.run(feeds, [output])
      const { data, dims: shape } = floats(outputs[output])
      const isPooled = shape.length === 2
      const expected = isPooled ? [rows.length, dims] : [rows.length, longest, dims]
      if (shape.join() !== expected.join()) {
        throw new Error(`the model gave [${shape.join(', ')}] numbers where [${expected.join(', ')}] are expected`)
      }
      const vectors = isPooled ? data : pool(data, lengths, longest, dims, pooling)
      applyNormRule(vectors, dims, rule)
      return vectors
    },
    close: () => runtime.release(),
  }
}

const load = async (path: string, provider: Provider): Promise<InferenceSession> => {
  try {
    return await InferenceSession.create(path, { ...options, executionProviders: [provider] })
  } catch (error) {
    // The cpu provider is always there, so that it can only be the file.
    if (provider === 'cpu') throw modelCorrupt(path, `cannot be loaded: ${String(error)}`, fetchAgain, error)
    throw error
  }
}

const normRule = (normalized: boolean, normalizes: boolean): NormRule => {
  if (normalizes) return 'expect_unit'
  return normalized ? 'normalize' : 'any'
}

const knownInput = (input: InferenceSession.ValueMetadata, path: string): Input => {
  const type = inputTypes.find((each) => input.isTensor && each === input.type)
  if (type && inputNames.includes(input.name)) return { name: input.name, type }
  const reason = `wants an input ${input.name}${input.isTensor ? ` of ${input.type}` : ''}, which is not known here`
  throw modelCorrupt(path, reason, `export it with the inputs ${inputNames.join(', ')} only`)
}

const floats = (tensor: Tensor | undefined): { data: Float32Array; dims: readonly number[] } => {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('the model gave no float32 numbers')
  return { data: tensor.data, dims: tensor.dims }
}
