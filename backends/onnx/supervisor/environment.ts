const names = new Set(['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_ENV', 'XDG_RUNTIME_DIR', 'LANG', 'TZ'])
const prefixes = ['VK_', 'CUDA_', 'NVIDIA_', 'EMBEDGATE_'] as const
/** Ours, and of no use to a worker. */
const secrets = /TOKEN|KEY|SECRET|PASSWORD/

/** The part of the environment that a worker needs: where things are and which device to use, never a key of ours. */
export const workerEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => names.has(name) || (prefixes.some((prefix) => name.startsWith(prefix)) && !secrets.test(name)),
    ),
  )
