import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GpuReading, ReadGpus } from './reading.ts'

/**
 * Asks the kernel, which knows of drivers that write `gpu_busy_percent` (amdgpu does).
 *
 * @param folder `/sys/class/drm`
 */
export const readDrm =
  (folder: string): ReadGpus =>
  async () => {
    const names = await readdir(folder).catch(() => [])
    const cards = names.filter((name) => /^card\d+$/.test(name))
    const readings = await Promise.all(cards.map((card) => readCard(folder, card)))
    const found = readings.filter((reading) => reading !== undefined)
    return found.length > 0 ? found : undefined
  }

const readCard = async (folder: string, device: string): Promise<GpuReading | undefined> => {
  const text = await readFile(join(folder, device, 'device/gpu_busy_percent'), 'utf8').catch(() => '')
  return /^\d+\s*$/.test(text) ? { device, percent: Number(text) } : undefined
}
