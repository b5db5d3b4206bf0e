import { describe, expect, it } from 'vitest'
import { bertTextFixes } from '../../../../../../backends/onnx/worker/tokenizer/bert-text.ts'

const fix = bertTextFixes({ type: 'BertNormalizer', lowercase: true, handle_chinese_chars: true })

describe('fixes of texts for BERT', () => {
  it('set CJK characters beyond 16 bits apart', () => {
    expect(fix('a𠀀𠀁b')).toBe('a 𠀀  𠀁 b')
  })

  it('lowercase a final sigma as any other', () => {
    expect(fix('ΟΔΟΣ').toLowerCase()).toBe('οδοσ')
    expect('ΟΔΟΣ'.toLowerCase()).toBe('οδος')
  })

  it('follow the settings of the tokenizer', () => {
    expect(bertTextFixes({ type: 'BertNormalizer', lowercase: false, handle_chinese_chars: false })('Σ𠀀')).toBe('Σ𠀀')
    expect(bertTextFixes({ type: 'NFC' })('Σ𠀀')).toBe('Σ𠀀')
    expect(bertTextFixes(undefined)('Σ𠀀')).toBe('Σ𠀀')
  })
})
