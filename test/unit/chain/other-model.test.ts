import { afterEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../../gateway/core/backend.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Drift } from '../../../gateway/core/served-model.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { answerFor, never, referencesOf, settle, space } from './fakes.ts'
import { build, closeAll } from './gateway.ts'
import { goldensOf, setUp, skewed } from './life.ts'

afterEach(closeAll)

const reason = 'the engine has another model_sha than when it started'

/** A backend's part that tells of another model when told to. */
const engine = () => {
  let tell = (_reason: string): void => {}
  const onOtherModel: NonNullable<Backend['onOtherModel']> = (listener) => void (tell = listener)
  return { parts: { onOtherModel }, becomeOther: () => tell(reason) }
}

/** A replica of 20 references that serves. */
const serving = async () => {
  const { parts, becomeOther } = engine()
  const built = setUp(parts, { goldens: goldensOf(20) })
  built.replica.start()
  await built.clock.advance(0)
  return { ...built, becomeOther }
}

describe('a replica whose engine is found to have another model', () => {
  it('is down at once, with the reason, and started again', async () => {
    const { script, calls, replica, becomeOther } = await serving()
    script.start = never
    becomeOther()
    expect(replica).toMatchObject({ state: 'down', hasOtherModel: true })
    expect(replica.status().detail).toBe(reason)
    await settle()
    expect(calls.start).toBe(2)
    await replica.close()
  })

  it('serves again once all its references are right, and no sooner', async () => {
    const { clock, script, replica, becomeOther } = await serving()
    script.embed = async ({ texts }) => (texts.includes('golden 16') ? skewed(texts) : answerFor(texts))
    becomeOther()
    await clock.advance(60_000)
    expect(replica).toMatchObject({ state: 'drifted', hasOtherModel: true })
    script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica).toMatchObject({ state: 'serving', hasOtherModel: false })
    await replica.close()
  })

  it('is not woken once it is closed, and leaves no timer', async () => {
    const { clock, logged, replica, becomeOther } = await serving()
    await replica.close()
    becomeOther()
    expect([logged.at(-1), clock.pending]).toEqual(['serving > closed', 0])
  })
})

describe('another model at an engine', () => {
  const options = { backends: { remote: { kind: 'fake' } }, models: { fake: { chain: ['remote'] } } }
  const gateway = async (over: Partial<Backend>) => {
    const { parts, becomeOther } = engine()
    const told: Drift[] = []
    const built = await build(options, { remote: { ...over, ...parts } }, (app) =>
      app.chain.onDrift((drift) => told.push(drift)),
    )
    const startMs = built.clock.wallNow()
    await built.clock.advance(3_000)
    return { ...built, told, startMs, becomeOther }
  }
  const none = { references: undefined } as unknown as Partial<Backend>

  it('is a drift: what was stored since its references were last right is disowned, even if it never starts again', async () => {
    const { told, made, clock, startMs, logged, becomeOther } = await gateway({ references: referencesOf(3) })
    Object.assign(made.get('remote/0') ?? {}, {
      start: () => Promise.reject(new BackendError('protocol', 'the engine serves "other"')),
    })
    becomeOther()
    expect(told).toEqual([{ space: spaceId(space), sinceMs: startMs }])
    await clock.advance(60_000)
    becomeOther()
    expect(told).toHaveLength(1)
    const warnings = logged.filter(({ message }) => message.startsWith('the engine has another model'))
    expect(warnings).toHaveLength(1)
  })

  it('is one of all that was ever stored where there are no references, and it serves again', async () => {
    const { app, told, becomeOther } = await gateway(none)
    becomeOther()
    expect(told).toEqual([{ space: spaceId(space), sinceMs: 0 }])
    await settle()
    expect(app.backends.replicas()).toMatchObject([{ state: 'serving' }])
  })

  it('is found by a start too, before what was lost serves again', async () => {
    const { app, clock, made, told, becomeOther } = await gateway(none)
    const script = made.get('remote/0') ?? {}
    let isFirst = true
    Object.assign(script, {
      health: async () => ({ state: isFirst ? 'down' : 'up' }),
      start: async () => {
        isFirst = false
        becomeOther()
        expect(told).toHaveLength(1)
      },
    })
    await clock.advance(10_000)
    expect([told.length, app.backends.replicas()[0]?.state]).toEqual([1, 'serving'])
  })
})
