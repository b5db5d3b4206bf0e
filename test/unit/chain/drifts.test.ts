import { describe, expect, it } from 'vitest'
import { drifts } from '../../../gateway/chain/drifts.ts'
import type { Replica } from '../../../gateway/chain/replica.ts'
import type { Drift } from '../../../gateway/core/served-model.ts'

type Scripted = { -readonly [Key in 'state' | 'parity' | 'hasOtherModel']: Replica[Key] } & Pick<
  Replica,
  'provenUntilMs'
>

const watched = (minParity = 0.999) => {
  const told: Drift[] = []
  const own = drifts({ spaceId: 'space', minParity }, (drift) => told.push(drift))
  const script: Scripted = { state: 'starting', parity: undefined, hasOtherModel: false, provenUntilMs: () => 7 }
  const replica = script as Replica
  const become = (state: Replica['state'], parity?: number): void => {
    Object.assign(script, { state, parity })
    own.note(replica)
  }
  return { own, told, script, replica, become }
}

describe('drifts', () => {
  it('tells of a replica that has served and is below the floor, with the time that it was right until', () => {
    const { told, become } = watched()
    become('serving', 1)
    become('serving', 0.9)
    expect(told).toEqual([{ space: 'space', sinceMs: 7 }])
  })

  it('tells nothing of a replica that has never served the model', () => {
    const { told, become } = watched()
    become('probing', 0.9)
    become('drifted', 0.9)
    become('serving', 0.9)
    expect(told).toEqual([])
  })

  it('tells once, and again when the replica has served in between', () => {
    const { told, become } = watched()
    become('serving', 1)
    become('serving', 0.9)
    become('drifted', 0.9)
    become('drifted', 0.8)
    expect(told).toHaveLength(1)
    become('serving', 1)
    become('drifted', 0.9)
    expect(told).toHaveLength(2)
  })

  it('tells of a replica that was lost, started again, and found wrong then', () => {
    const { told, become } = watched()
    become('serving', 1)
    become('down', 1)
    become('probing', 0.9)
    expect(told).toHaveLength(1)
  })

  it('tells of a replica that has served and has got another model, once, however right it was', () => {
    const { told, script, become } = watched()
    script.hasOtherModel = true
    become('probing', 1)
    script.hasOtherModel = false
    become('serving', 1)
    expect(told).toEqual([])
    script.hasOtherModel = true
    become('down', 1)
    become('probing', 1)
    expect(told).toHaveLength(1)
  })

  it('does not tell of a loss', () => {
    const { told, become } = watched()
    become('serving', 1)
    become('down', 1)
    become('closed', 1)
    expect(told).toEqual([])
  })

  it('knows which replica has drifted since a moment', () => {
    const { own, replica, become } = watched()
    const before = own.count()
    become('serving', 1)
    become('serving', 0.9)
    expect(own.hasDrifted(replica, before)).toBe(true)
    expect(own.hasDrifted(replica, own.count())).toBe(false)
    expect(own.hasDrifted({} as Replica, before)).toBe(false)
  })
})
