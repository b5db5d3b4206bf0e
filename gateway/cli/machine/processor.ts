import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import type { Finding } from './finding.ts'

/** Instruction sets that inference gains from, as Linux calls them, best first. */
const useful = ['amx_int8', 'avx512_vnni', 'avx_vnni', 'avx512f', 'avx2', 'fma', 'asimddp', 'i8mm', 'asimd'] as const

/** The instruction sets of /proc/cpuinfo that inference gains from. */
export const instructionSets = (cpuinfo: string): string[] => {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(' '))
  return useful.filter((name) => flags.has(name))
}

/** Cores and instruction sets. */
export const processorFindings = (): Finding[] => {
  const cores = availableParallelism()
  const sets = instructionSets(readCpuinfo())
  const isFast = sets.includes('avx2') || sets.includes('asimd') || sets.length === 0
  return [
    {
      about: 'processor',
      says: `${cpus()[0]?.model ?? process.arch}, ${cores} cores to use: ${cores} workers`,
      state: 'ok',
    },
    {
      about: 'instructions',
      says: sets.length > 0 ? sets.join(', ') : 'not known on this system',
      state: 'ok',
      ...(!isFast && { advice: 'a processor with AVX2 is several times as fast' }),
    },
  ]
}

const readCpuinfo = (): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    return ''
  }
}
