// A plugin of somebody's own that breaks as it is told: POST /fault {"backend", "fault"}, /hold {"bytes"}, /block {"ms"},
// GET /throws. It adds the kind `faulty`, whose texts may also say what happens to them: `fail ...`, `slow ...`.
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BackendError, GatewayError, computed } from 'embedgate'
import fp from 'fastify-plugin'

const dims = 8
const slowMs = 1_300

/** The one right vector of a text. */
const vectorOf = (text) => {
  const vector = new Float32Array(dims)
  for (let at = 0; at < text.length; at++) vector[(at * 7 + text.charCodeAt(at)) % dims] += text.charCodeAt(at) % 13
  vector[0] += 1
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}

const goldens = Array.from({ length: 10 }, (_, index) => `golden text number ${index}`)
const references = { texts: goldens, vectors: Float32Array.from(goldens.flatMap((text) => [...vectorOf(text)])), dims }
const space = { model: 'faulty', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens: 1_000, prompts: {} }

export default fp(async (app) => {
  /** By backend: error, wrong, goldens, down. */
  const faults = new Map()
  let held
  let blocking

  app.backends.register('faulty', {
    options: { type: 'object', properties: {} },
    create: ({ name }) => ({
      space,
      references,
      start: async () => {
        if (faults.get(name) === 'down') throw new BackendError('unavailable', 'it is switched off')
      },
      health: async () =>
        faults.get(name) === 'down' ? { state: 'down', detail: 'it is switched off' } : { state: 'up' },
      embed: async ({ texts }, call) => {
        const fault = faults.get(name)
        if (fault === 'down') throw new BackendError('unavailable', 'it is switched off')
        if (fault === 'error' || texts.some((text) => text.startsWith('fail '))) throw new Error('it is broken')
        if (fault === 'goldens' && texts.some((text) => goldens.includes(text))) {
          throw new GatewayError('EG_INPUT_INVALID', 'it takes no such text')
        }
        if (texts.some((text) => text.startsWith('slow '))) await sleep(slowMs, undefined, { signal: call.signal })
        const read = fault === 'wrong' ? (text) => vectorOf(`not ${text}`) : vectorOf
        return computed(
          texts.map(read),
          dims,
          texts.map((text) => text.length),
        )
      },
    }),
  })

  app.post('/fault', async ({ body: { backend, fault } }) => {
    faults.set(backend, fault)
    return {}
  })
  app.post('/hold', async ({ body: { bytes } }) => {
    held = bytes > 0 ? Buffer.alloc(bytes, 1) : undefined
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
    return { held: held?.length ?? 0 }
  })
  app.post('/block', async ({ body: { ms } }) => {
    clearInterval(blocking)
    const block = () => {
      const endMs = performance.now() + ms
      while (performance.now() < endMs);
    }
    blocking = ms > 0 ? setInterval(block, 2 * ms) : undefined
    return {}
  })
  app.get('/throws', async () => {
    throw new TypeError('nobody has thought of this')
  })
  app.addHook('onClose', async () => clearInterval(blocking))
})
