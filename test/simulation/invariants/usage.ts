import { tokensOf } from '../texts.ts'
import { answeredRows, ofRow, type Checker } from './checker.ts'

/** Tokens and truncation are those of the text, and nothing is cut for whoever wants it refused. */
export const usage: Checker = {
  name: 'true usage',
  check: (history) => {
    const breaches: string[] = []
    for (const each of answeredRows(history)) {
      const { asked, answer, row, text } = each
      const tokens = tokensOf(text)
      const isCut = tokens > asked.maxTokens
      if (answer.tokens[row] !== Math.min(tokens, asked.maxTokens)) {
        breaches.push(ofRow(each, `says ${answer.tokens[row]} tokens of ${tokens}`))
      }
      if ((answer.truncated[row] === 1) !== isCut) breaches.push(ofRow(each, `says truncated ${answer.truncated[row]}`))
      if (isCut && !asked.truncate) breaches.push(ofRow(each, 'was cut'))
    }
    return breaches
  },
}
