/** Texts of a recorded reference file, where the model ships none: of several lengths, scripts and kinds. */
export const recordedTexts = [
  'The quick brown fox jumps over the lazy dog.',
  'How do I reset my password?',
  'Das Wetter ist heute schön.',
  '今日はいい天気ですね。',
  'const sum = (a, b) => a + b',
  'Quarterly revenue rose by 12 % against the same period of last year, driven by services.',
  'yes',
  '🙂 emoji, punctuation!? and   spaces',
] as const
