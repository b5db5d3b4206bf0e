import { describe, expect, it, vi } from 'vitest'
import { backendRegistry } from '../../../gateway/chain/backend-kinds.ts'
import type { Replica } from '../../../gateway/chain/replica.ts'
import type { Health } from '../../../gateway/core/backend.ts'

const replicaThat = (name: string, replica: number, health: (signal: AbortSignal) => Promise<Health>): Replica =>
  ({ backend: { name, replica, health } }) as unknown as Replica

describe('the health of backends', () => {
  it('is asked of any number of them without a warning that listeners leak', async () => {
    const warned = vi.spyOn(process, 'emitWarning')
    const registry = backendRegistry()
    registry.use(Array.from({ length: 50 }, (_, replica) => replicaThat('gpu', replica, async () => ({ state: 'up' }))))
    const answers = await registry.health(new AbortController().signal)
    expect([answers.size, answers.get('gpu'), answers.get('gpu/49')]).toEqual([50, { state: 'up' }, { state: 'up' }])
    await new Promise((resolve) => setImmediate(resolve))
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  it('is down for one that throws, or has not answered in time; the others are told as they are', async () => {
    const registry = backendRegistry()
    registry.use([
      replicaThat('well', 0, async () => ({ state: 'up' })),
      replicaThat('throws', 0, () => {
        throw new Error('no')
      }),
      replicaThat('hangs', 0, () => new Promise(() => {})),
    ])
    expect(await registry.health(AbortSignal.timeout(10))).toEqual(
      new Map<string, Health>([
        ['well', { state: 'up' }],
        ['throws', { state: 'down', detail: 'no' }],
        ['hangs', { state: 'down', detail: 'no answer in time' }],
      ]),
    )
  })
})
