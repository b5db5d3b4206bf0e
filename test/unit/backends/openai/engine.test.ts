import { describe, expect, it } from 'vitest'
import { openAiEngine } from '../../../../backends/openai/engine.ts'
import { cutRefused } from '../../../../backends/remote/cut-refused.ts'
import type { Exchange } from '../../../../backends/remote/exchange.ts'
import { batchOf, callOf, contextOf } from '../../../../gateway/testing/index.ts'
import { openAiOptions } from '../../../support/remote-options.ts'

/** Takes texts one at a time, and calls more of them too long. */
const oneAtATime: Exchange = {
  send: async ({ body = '' }) => {
    const { input } = JSON.parse(body) as { input: string[] }
    const row = { index: 0, embedding: [1, 0] }
    const [status, json] = input.length > 1 ? [400, { error: { message: 'too many tokens' } }] : [200, { data: [row] }]
    return { status, headers: {}, body: Buffer.from(JSON.stringify(json)) }
  },
  statusOf: async () => 200,
  close: async () => {},
}

describe('an OpenAI-compatible engine', () => {
  it.each([true, false])(
    'is sent fewer texts when short ones are too long for it together, truncate %s',
    async (truncate) => {
      const context = contextOf({ ...openAiOptions('http://127.0.0.1:1'), dims: 2 })
      const call = callOf()
      const answer = await cutRefused(openAiEngine(context, oneAtATime))(batchOf(['a', 'b', 'c'], { truncate }), call)
      call.release()
      expect([...answer.truncated]).toEqual([0, 0, 0])
    },
  )
})
