import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { descriptorsFinding } from '../../../gateway/cli/machine/descriptors.ts'
import { memoryFinding } from '../../../gateway/cli/machine/memory.ts'
import { dataDirFinding, portFinding } from '../../../gateway/cli/machine/places.ts'
import { instructionSets } from '../../../gateway/cli/machine/processor.ts'
import { temporaryFolder, writeFiles } from '../backends/onnx/tiny-model.ts'

describe('embedgate doctor', () => {
  it('knows the instruction sets that inference gains from, best first', () => {
    expect(instructionSets('model name : x\nflags\t\t: fpu sse2 avx2 fma avx512_vnni\n')).toEqual([
      'avx512_vnni',
      'avx2',
      'fma',
    ])
    expect(instructionSets('Features\t: fp asimd asimddp\n')).toEqual(['asimddp', 'asimd'])
    expect(instructionSets('')).toEqual([])
  })

  it('says that a port is free, and that it is not', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => holder.once('listening', resolve))
    const { port } = holder.address() as AddressInfo
    expect(await portFinding('127.0.0.1', port, '--admin-port')).toMatchObject({
      state: 'no',
      says: 'EADDRINUSE on 127.0.0.1',
      advice: expect.stringContaining('--admin-port'),
    })
    await new Promise((resolve) => holder.close(resolve))
    expect(await portFinding('127.0.0.1', port, '--port')).toMatchObject({ state: 'ok' })
  })

  it('tries a dataDir that is not there yet, and leaves nothing of it', async () => {
    const folder = temporaryFolder()
    const { says, state } = await dataDirFinding(join(folder, 'not/there/yet'))
    expect([says, state]).toEqual([expect.stringMatching(/not\/there\/yet \(not there yet\): .* GB free/), 'ok'])
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['file', 'there is a file where a folder should be'],
    ['file/below', 'there is a file where a folder should be'],
    ['/proc/x', 'no folder can be made there'],
  ])('says that the dataDir %s can keep nothing, and why', async (dataDir, why) => {
    const folder = writeFiles(temporaryFolder(), { file: '' })
    const finding = await dataDirFinding(isAbsolute(dataDir) ? dataDir : join(folder, dataDir))
    expect(finding).toMatchObject({ state: 'no', says: expect.stringContaining(`: ${why}`) })
  })

  it('advises when workers and cache cannot fit', () => {
    expect(memoryFinding(1, 1e6, 'auto').state).toBe('ok')
    expect(memoryFinding(1, 1e6, 3e8)).toMatchObject({ state: 'no', says: expect.stringContaining('configuration') })
    expect(memoryFinding(1, 1e15, 'auto')).toMatchObject({
      state: 'no',
      advice: expect.stringContaining('cache.memoryBytes'),
    })
  })

  it('says how many connections the descriptors allow, and that these are too few for the requests in flight', () => {
    expect(descriptorsFinding(4_096, 20_000)).toMatchObject({ state: 'ok', says: '20000: at most 15000 connections' })
    expect(descriptorsFinding(4_096, 1_024)).toMatchObject({
      state: 'no',
      says: '1024: at most 768 connections',
      advice: expect.stringContaining('ulimit -n'),
    })
    expect(descriptorsFinding(4_096).state).toMatch(/ok|no/)
  })
})
