import { describe, expect, it } from 'vitest'
import { workerEnvironment } from '../../../../../backends/onnx/supervisor/environment.ts'

const huge = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

describe('workerEnvironment', () => {
  it('passes on where things are and which device to use', () => {
    const environment = { PATH: '/bin', VK_ICD_FILENAMES: 'icd.json', CUDA_VISIBLE_DEVICES: '0', EMBEDGATE_COMMIT: 'c' }
    expect(workerEnvironment(environment)).toEqual({ ...environment, ...huge })
  })

  it('asks the allocator for huge pages, unless it is told otherwise', () => {
    expect(workerEnvironment({})).toEqual(huge)
    expect(workerEnvironment({ GLIBC_TUNABLES: '' })).toEqual({ GLIBC_TUNABLES: '' })
  })

  it('keeps keys of ours from workers', () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 's',
      EMBEDGATE_ADMIN_TOKEN: 't',
      OPENAI_API_KEY: 'k',
      NODE_OPTIONS: '-r x',
    }
    expect(workerEnvironment(secrets)).toEqual(huge)
  })
})
