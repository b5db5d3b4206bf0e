import { describe, expect, it } from 'vitest'
import type { ReplicaStatus } from '../../../../gateway/core/served-model.ts'
import { watchReplicas } from '../../../../plugins/status/watch-replicas.ts'
import type { Happening } from '../../../../plugins/status/events.ts'

const replica = (overrides: Partial<ReplicaStatus> = {}): ReplicaStatus => ({
  backend: 'gpu',
  replica: 0,
  kind: 'onnx',
  computing: true,
  optional: false,
  state: 'serving',
  sinceMs: 1,
  inFlight: 0,
  ...overrides,
})

const looks = (...each: ReplicaStatus[][]): Happening[] => {
  const noted: Happening[] = []
  const watch = watchReplicas({ note: (happening) => void noted.push(happening) })
  for (const replicas of each) watch(replicas)
  return noted
}

describe('watched replicas', () => {
  it('tell nothing at the first look and without a change', () => {
    expect(looks([replica()], [replica({ inFlight: 5 })])).toEqual([])
  })

  it('tell a change of state with its reason', () => {
    expect(looks([replica()], [replica({ state: 'down', sinceMs: 2, detail: 'no sign of life' })])).toEqual([
      { kind: 'replica', subject: 'gpu', from: 'serving', to: 'down', reason: 'no sign of life' },
    ])
  })

  it('tell that one was lost and back between two looks', () => {
    expect(looks([replica()], [replica({ sinceMs: 2 })])).toMatchObject([{ from: 'serving', to: 'serving' }])
  })

  it('tell nothing of attempts to come back, only how they ended', () => {
    const down = replica({ state: 'down', sinceMs: 2 })
    const probing = replica({ state: 'probing', sinceMs: 2 })
    const noted = looks([replica()], [down], [probing], [down], [probing], [replica({ sinceMs: 9 })])
    expect(noted.map(({ from, to }) => `${from} ${to}`)).toEqual(['serving down', 'down serving'])
  })

  it('tell which of several', () => {
    const [first, second] = [replica(), replica({ replica: 1 })]
    expect(looks([first, second], [first, { ...second, state: 'down', sinceMs: 2 }])).toMatchObject([{ replica: 1 }])
  })
})
