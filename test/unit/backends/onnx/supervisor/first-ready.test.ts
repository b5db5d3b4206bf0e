import { describe, expect, it } from 'vitest'
import { firstReady } from '../../../../../backends/onnx/supervisor/first-ready.ts'
import { BackendError, GatewayError } from '../../../../../gateway/core/errors.ts'

const failed = new BackendError('unavailable', 'failed')

describe('firstReady', () => {
  it('succeeds with one worker, whatever the others do', async () => {
    const ready = firstReady(3)
    ready.fail('a', failed)
    ready.fail('b', failed)
    ready.succeed()
    ready.fail('c', failed)
    await expect(ready.promise).resolves.toBeUndefined()
  })

  it('fails when every worker has failed; one that fails again counts once', async () => {
    const ready = firstReady(2)
    ready.fail('a', failed)
    ready.fail('a', failed)
    const last = new BackendError('unavailable', 'last')
    ready.fail('b', last)
    await expect(ready.promise).rejects.toBe(last)
  })

  it.each([new BackendError('absent', 'no device'), new GatewayError('EG_MODEL_CORRUPT', 'bad file')])(
    'fails at once when the others would fail in the same way: %s',
    async (error) => {
      const ready = firstReady(2)
      ready.fail('a', error)
      await expect(ready.promise).rejects.toBe(error)
    },
  )
})
