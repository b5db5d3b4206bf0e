import { describe, expect, it } from 'vitest'
import { faultError } from '../../../../../backends/onnx/supervisor/fault-error.ts'
import { CallerGone } from '../../../../../gateway/core/errors.ts'

const live = { endedBy: undefined }

describe('faultError', () => {
  it.each([
    ['too_long', { code: 'EG_INPUT_TOO_LONG' }],
    ['busy', { fault: 'busy' }],
    ['draining', { fault: 'unavailable' }],
    ['inference', { fault: 'error' }],
    ['bad_request', { fault: 'protocol' }],
    ['unauthorized', { fault: 'protocol' }],
    ['deadline', { code: 'EG_DEADLINE' }],
  ] as const)('turns %s into its error', (reason, error) => {
    expect(faultError({ reason, message: 'why' }, live)).toMatchObject({ ...error, message: 'why' })
  })

  it('gives what ended the call when the worker saw the deadline pass', () => {
    const gone = new CallerGone()
    expect(faultError({ reason: 'deadline', message: 'late' }, { endedBy: gone })).toBe(gone)
  })
})
