import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { auditLog, type Audit } from '../../../../../plugins/admin/api/audit.ts'

const request = { ip: '10.0.0.7', id: 'req_7' }
const who = { by: 'admin', remote_address: '10.0.0.7', request_id: 'req_7' }
const change = { action: 'drain', target: 'gpu', before: 'in use', after: 'drained' }

/** What is logged at a level. */
const linesAt = (level: string, write: (audit: Audit) => void): unknown[] => {
  const lines: unknown[] = []
  const log = pino(
    { level, base: null, timestamp: false },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  )
  write(auditLog(log))
  return lines
}

describe('the audit log', () => {
  it.each(['trace', 'info', 'error', 'fatal'])('has a change with who made it, also at %s', (level) => {
    const [line, ...others] = linesAt(level, (audit) => audit.changed(request, change))
    expect(line).toEqual({ level: 30, ...change, ...who, msg: 'an operator has changed something' })
    expect(others).toEqual([])
  })

  it('says of a change that it was forced', () => {
    const lines = linesAt('info', (audit) => audit.changed(request, { ...change, force: true }))
    expect(lines).toEqual([expect.objectContaining({ ...change, force: true })])
  })

  it('has a change that was refused for what it would have done', () => {
    const intent = { action: 'drain', target: 'gpu' }
    const lines = linesAt('error', (audit) => audit.refused(request, intent, 'EG_LAST_TIER'))
    expect(lines).toEqual([expect.objectContaining({ ...intent, ...who, refused: 'EG_LAST_TIER' })])
  })

  it('has the change that silences the log', () => {
    expect(linesAt('silent', (audit) => audit.changed(request, change, 'info'))).toHaveLength(1)
  })

  it('is silent where everything is, and was', () => {
    expect(linesAt('silent', (audit) => audit.changed(request, change))).toEqual([])
    expect(linesAt('silent', (audit) => audit.changed(request, change, 'silent'))).toEqual([])
    expect(linesAt('silent', (audit) => audit.refused(request, change, 'EG_LAST_TIER'))).toEqual([])
  })
})
