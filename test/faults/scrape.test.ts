import { describe, expect, it } from 'vitest'
import { scraped } from './scrape.ts'

const metrics = scraped(`
# HELP embedgate_backend_requests_total Tries by outcome.
# TYPE embedgate_backend_requests_total counter
embedgate_backend_requests_total{backend="first",outcome="success"} 3
embedgate_backend_requests_total{backend="first",outcome="failure"} 2
embedgate_backend_requests_total{backend="cpu",outcome="success"} 7
embedgate_batch_size_sum{backend="cpu"} 1.5e3
embedgate_plain 4
process_resident_memory_bytes 9
`)

describe('scraped metrics', () => {
  it('are summed over the series that have the labels', () => {
    expect(metrics.sum('backend_requests_total')).toBe(12)
    expect(metrics.sum('backend_requests_total', { backend: 'first' })).toBe(5)
    expect(metrics.sum('backend_requests_total', { backend: ['first', 'cpu'], outcome: 'success' })).toBe(10)
    expect(metrics.sum('batch_size_sum')).toBe(1_500)
    expect(metrics.sum('plain')).toBe(4)
  })

  it('are 0 where there is no such series', () => {
    expect(metrics.sum('backend_requests_total', { backend: 'other' })).toBe(0)
    expect(metrics.sum('plain', { backend: 'cpu' })).toBe(0)
    expect(metrics.sum('resident_memory_bytes')).toBe(0)
  })
})
