import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/** Measures one core's fp32 multiply-add rate once more, in GFLOP/s. */
export type FmaRate = () => number

/**
 * Compiles `fma.c` for this processor: the rate that no program can exceed on one core.
 *
 * @returns undefined where there is no C compiler
 */
export const fmaRate = (): { readonly measure: FmaRate; readonly remove: () => void } | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
  const program = join(folder, 'fma')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const source = join(packageRoot, 'bench/roofline/fma.c')
  try {
    execFileSync('cc', ['-O3', '-march=native', '-ffp-contract=fast', '-o', program, source], { stdio: 'ignore' })
  } catch {
    remove()
    return undefined
  }
  return { measure: () => Number(execFileSync(program, { encoding: 'utf8' })), remove }
}
