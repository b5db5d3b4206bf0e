import { execFile } from 'node:child_process'
import type { GpuReading, ReadGpus } from './reading.ts'

const query = ['--query-gpu=index,utilization.gpu', '--format=csv,noheader,nounits']
/** It takes a tenth of a second, and some when it wakes the driver. */
const limitMs = 2_000
/** A thousand devices. */
const maxBytes = 16_384

/** What `nvidia-smi` prints, one device a line: `0, 37`. A device that does not measure itself prints `[N/A]`, and is left out. */
export const parseNvidiaSmi = (output: string): GpuReading[] =>
  [...output.matchAll(/^\s*(\d+),\s*(\d+)\s*$/gm)].map(([, index, percent]) => ({
    device: `nvidia${index}`,
    percent: Number(percent),
  }))

/** Asks NVIDIA's driver through its own program, which is killed after 2 s. */
export const readNvidia: ReadGpus = (signal) =>
  new Promise((resolve) => {
    const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: maxBytes, signal } as const
    execFile('nvidia-smi', query, options, (error, output) => {
      if (!error) resolve(parseNvidiaSmi(output))
      else resolve(error.code === 'ENOENT' ? undefined : [])
    })
  })
