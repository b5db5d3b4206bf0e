import { describe, expect, it } from 'vitest'
import { workerEnvironment } from '../../../../../backends/onnx/supervisor/environment.ts'

describe('workerEnvironment', () => {
  it('passes on where things are and which device to use', () => {
    const environment = { PATH: '/bin', VK_ICD_FILENAMES: 'icd.json', CUDA_VISIBLE_DEVICES: '0', EMBEDGATE_COMMIT: 'c' }
    expect(workerEnvironment(environment)).toEqual(environment)
  })

  it('keeps keys of ours from workers', () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 's',
      EMBEDGATE_ADMIN_TOKEN: 't',
      OPENAI_API_KEY: 'k',
      NODE_OPTIONS: '-r x',
    }
    expect(workerEnvironment(secrets)).toEqual({})
  })
})
