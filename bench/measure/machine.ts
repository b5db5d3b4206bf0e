import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { packageRoot } from '../package-root.ts'

/** Where and on what a run was made: figures mean nothing without it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** Of the sets that decide the speed of inference, those this processor has. */
  readonly instructionSets: readonly string[]
  readonly memoryGiB: number
  readonly node: string
  readonly onnxruntime: string
  readonly commit: string
  readonly date: string
  /** Average of the last minute before the run: above 0.5 somebody else was working too. */
  readonly loadAverage: number
}

const decisiveSets = ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx_vnni', 'avx512_bf16', 'amx_int8', 'asimddp', 'i8mm']

/** The facts of this machine and this checkout. */
export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  instructionSets: instructionSets(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  onnxruntime: (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version,
  commit: commit(),
  date: new Date().toISOString(),
  loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
})

const instructionSets = (): string[] => {
  if (!existsSync('/proc/cpuinfo')) return []
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  const present = new Set(flags.trim().split(/\s+/))
  return decisiveSets.filter((set) => present.has(set))
}

/** `-dirty` when the tree differs from the commit; `none` outside a repository. */
const commit = (): string => {
  try {
    return git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '-dirty')
  } catch {
    return 'none'
  }
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
