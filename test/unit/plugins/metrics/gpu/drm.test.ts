import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readDrm } from '../../../../../plugins/metrics/gpu/drm.ts'

/** A folder as the kernel's, with what each card writes. */
const kernelFolder = (cards: Readonly<Record<string, string | undefined>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-drm-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [card, busy] of Object.entries(cards)) {
    mkdirSync(join(folder, card, 'device'), { recursive: true })
    if (busy !== undefined) writeFileSync(join(folder, card, 'device/gpu_busy_percent'), busy)
  }
  return folder
}
const { signal } = new AbortController()

describe('readDrm', () => {
  it('reads cards whose driver says how busy they are, and no connectors of theirs', async () => {
    const folder = kernelFolder({ card0: undefined, card1: '42\n', 'card1-DP-1': '7\n', renderD128: '9\n' })
    expect(await readDrm(folder)(signal)).toEqual([{ device: 'card1', percent: 42 }])
  })

  it.each([{}, { card0: undefined }, { card0: 'busy\n' }])('says that there is no such driver: %j', async (cards) => {
    expect(await readDrm(kernelFolder(cards))(signal)).toBeUndefined()
  })

  it('says so too where the kernel has no such folder', async () => {
    expect(await readDrm('/no/such/folder')(signal)).toBeUndefined()
  })
})
