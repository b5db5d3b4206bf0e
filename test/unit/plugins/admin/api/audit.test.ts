import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { auditLog } from '../../../../../plugins/admin/api/audit.ts'

const request = { ip: '10.0.0.7', id: 'req_7' }
const change = { action: 'drain', target: 'gpu', before: 'in use', after: 'drained' }

/** What is logged of one change at a level. */
const linesAt = (level: string): unknown[] => {
  const lines: unknown[] = []
  const log = pino(
    { level, base: null, timestamp: false },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  )
  auditLog(log)(request, change)
  return lines
}

describe('the audit log', () => {
  it.each(['trace', 'info', 'error', 'fatal'])('has a change with who made it, also at %s', (level) => {
    expect(linesAt(level)).toEqual([
      expect.objectContaining({ ...change, by: 'admin', remote_address: '10.0.0.7', request_id: 'req_7' }),
    ])
  })

  it('is silent where everything is', () => {
    expect(linesAt('silent')).toEqual([])
  })
})
