import { afterAll, describe, expect, it } from 'vitest'
import { backendContract, contextOf, kindsOf } from 'embedgate/testing'
import plugin from '../../docs/Guides/examples/my-backend.ts'

const kinds = await kindsOf(plugin)

describe('the backend of the guide', () => {
  it('registers its kind', () => {
    expect([...kinds.keys()]).toEqual(['hashing'])
  })
})

backendContract({ describe, it, after: afterAll }, "the guide's example", {
  create: () => {
    const kind = kinds.get('hashing')
    if (!kind) throw new Error('the plugin registers no kind `hashing`')
    return kind.create(contextOf({ dims: 256 }))
  },
})
