import type { Config } from '../../config/schema.ts'

/** The model whose files a backend of the configuration needs: its name or the path of its folder; undefined where it needs none. */
export const localModelOf = (backend: Config['backends'][string] | undefined): string | undefined => {
  const { kind, model } = (backend ?? {}) as { readonly kind?: string; readonly model?: unknown }
  return kind === 'onnx' && typeof model === 'string' ? model : undefined
}
