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

/** Fifths of the text that is too long, so that what an engine reads of it shows in the vector: one subject each. */
const subjects = [
  'cat dog cow pig hen fox bat ant bee owl',
  'tax law pay fee job tip bid net sum due',
  'sea sky sun ice fog dew mud bay hot wet',
  'car bus van jet cab fly map way run far',
  'ham egg jam pie tea nut fig oil pot cup',
].map((words) => words.split(' '))

/**
 * A text that is a quarter longer than a model reads. All words have three letters and are one token of nearly every
 * vocabulary, so that it is cut at the same place by tokens as by four bytes a token, as `backends/openai` does.
 *
 * @param maxTokens what the model reads of a text
 */
export const tooLongText = (maxTokens: number): string =>
  subjects
    .flatMap((words) => Array.from({ length: Math.ceil(maxTokens / 4) }, (_, index) => words[index % words.length]))
    .join(' ')
