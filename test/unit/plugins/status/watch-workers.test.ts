import { describe, expect, it } from 'vitest'
import type { Happening } from '../../../../plugins/status/events.ts'
import { watchWorkers } from '../../../../plugins/status/watch-workers.ts'

describe('a look at workers', () => {
  it('notes those that were started again since the last one, with why', () => {
    const noted: Happening[] = []
    const look = watchWorkers({ note: (happening) => void noted.push(happening) })
    const restarts = (crash: number, frozen: number) => [
      { labels: { backend: 'cpu', reason: 'crash' }, value: crash },
      { labels: { backend: 'cpu', reason: 'frozen' }, value: frozen },
    ]
    for (const [crash, frozen] of [
      [0, 0],
      [1, 0],
      [1, 0],
      [4, 1],
    ] as const)
      look(restarts(crash, frozen))
    expect(noted).toEqual([
      { kind: 'worker', subject: 'cpu', from: 'a worker ended', to: 'started again', reason: 'crash' },
      { kind: 'worker', subject: 'cpu', from: '3 workers ended', to: 'started again', reason: 'crash' },
      { kind: 'worker', subject: 'cpu', from: 'a worker ended', to: 'started again', reason: 'frozen' },
    ])
  })
})
