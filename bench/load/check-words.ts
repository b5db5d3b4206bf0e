import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { requestTexts } from './texts.ts'
import { workloads } from './workloads.ts'

/** The folder of the embedded model. */
export const modelFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('@embedgate/model-all-minilm-l6-v2/manifest.json'))

/**
 * Counts tokens of sample texts of every workload with the model's own tokenizer.
 *
 * @throws when a text has another length than its workload says: all figures per token would be wrong
 */
export const checkTokenCounts = (): void => {
  const file = readFileSync(join(modelFolder(), 'tokenizer.json'), 'utf8')
  const tokenizer = new Tokenizer(JSON.parse(file) as object, {})
  for (const [name, { lengths, textsPerRequest }] of Object.entries(workloads)) {
    const next = requestTexts(lengths, textsPerRequest, 0)
    for (let sample = 0; sample < 50; sample++) {
      const { texts, tokens } = next()
      const counted = texts.reduce((sum, text) => sum + tokenizer.encode(text).ids.length, 0)
      if (counted !== tokens) throw new Error(`${name}: a request of ${tokens} tokens is ${counted} to the tokenizer`)
    }
  }
}
