import { lifecycle } from '../../../gateway/chain/lifecycle.ts'
import type { Goldens, LifecycleOptions } from '../../../gateway/chain/replica.ts'
import type { Backend, Health } from '../../../gateway/core/backend.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, fakeBackend, referencesOf, space } from './fakes.ts'

/** An absent device. */
export const absent = new BackendError('absent', 'no such device')

/** What a replica is measured by. */
export const goldensOf = (count: number): Goldens => ({
  references: referencesOf(count),
  space: spaceId(space),
  minParity: 0.999,
})

/** A replica whose backend is scripted by assigning to `script`, and what it logged. */
export const setUp = (given: Partial<Backend> = {}, options: Partial<LifecycleOptions> = {}) => {
  const clock = fakeClock()
  const script: { -readonly [Key in keyof Backend]?: Backend[Key] } = { ...given }
  const calls = { start: 0, health: 0, close: 0 }
  const real = fakeBackend()
  const backend = fakeBackend({
    ...given,
    embed: (batch, call) => ({ ...real, ...script }).embed(batch, call),
    health: (signal) => {
      calls.health++
      return { ...real, ...script }.health(signal)
    },
    start: () => {
      calls.start++
      return { ...real, ...script }.start()
    },
    close: () => {
      calls.close++
      return { ...real, ...script }.close()
    },
  })
  const logged: string[] = []
  const note = (fields: object): void => {
    const { from, to } = fields as { from?: string; to?: string }
    if (to !== undefined) logged.push(`${from} > ${to}`)
  }
  let changes = 0
  const replica = lifecycle({
    backend,
    policy: {},
    optional: false,
    goldens: goldensOf(3),
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    random: () => 0,
    onChange: () => void changes++,
    ...options,
  })
  return { clock, script, calls, replica, logged, changes: () => changes }
}

/** Rows that are all a little off. */
export const skewed = (texts: readonly string[]): Embeddings => {
  const answer = answerFor(texts)
  return { ...answer, vectors: answer.vectors.map((value, index) => (index % 4 === 0 ? value + 0.2 : value)) }
}

/** A backend's answer to how it is. */
export const health =
  (state: Health['state'], detail?: string): Backend['health'] =>
  async () => ({ state, ...(detail !== undefined && { detail }) })
