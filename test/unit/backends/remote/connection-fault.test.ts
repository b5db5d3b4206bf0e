import { describe, expect, it } from 'vitest'
import { connectionFault } from '../../../../backends/remote/connection-fault.ts'
import { isTurnedAway } from '../../../../gateway/core/errors.ts'

const faultOf = (code: string) => connectionFault(Object.assign(new Error('of some address'), { code }))

describe('a failed exchange', () => {
  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL'])('with %s sent nothing, and so was no try', (code) => {
    expect(faultOf(code)).toMatchObject({ fault: 'no_place', outcome: 'overload' })
    expect(isTurnedAway(faultOf(code))).toBe(true)
  })

  it.each([
    ['ECONNREFUSED', 'connection'],
    ['ECONNRESET', 'connection'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['UND_ERR_CLOSED', 'unavailable'],
  ])('with %s is the fault %s, which may have reached the engine', (code, fault) => {
    expect(faultOf(code)).toMatchObject({ fault })
    expect(isTurnedAway(faultOf(code))).toBe(false)
  })

  it('says its code, and nothing that may be an address', () => {
    expect(faultOf('EPIPE').message).toBe('the exchange with the engine failed: EPIPE')
  })
})
