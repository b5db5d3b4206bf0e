import type { BackendEntry, ModelEntry } from '../core/served-model.ts'

/** The backends of a file that names none: a GPU where there is one, then the processor, then stored results. */
export const defaultBackends: Readonly<Record<string, BackendEntry>> = {
  gpu: { kind: 'onnx', device: 'gpu', model: 'all-MiniLM-L6-v2', optional: true },
  cpu: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 'auto' },
  cached: { kind: 'cached' },
}

/** The models of a file that names neither models nor backends: the embedded one, along all default backends. */
export const defaultModels: Readonly<Record<string, ModelEntry>> = {
  'all-MiniLM-L6-v2': { chain: ['gpu', 'cpu', 'cached'] },
}
