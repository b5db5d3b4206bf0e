import { readPart } from '../texts.ts'
import { answeredRows, ofRow, type Checker } from './checker.ts'

/** Every vector is that of its text in its space, to the last bit. Those that only a parity probe can tell are `drift`'s. */
export const vectors: Checker = {
  name: 'right vectors',
  check: (history) => {
    const { ledger } = history.world
    const breaches = history.asked
      .filter(({ answer, plan }) => answer && answer.vectors.length !== plan.texts.length * answer.dims)
      .map(({ id, answer, plan }) => `${id} got ${answer?.vectors.length} numbers for ${plan.texts.length} texts`)
    for (const each of answeredRows(history)) {
      const { asked, text, vector } = each
      const made = ledger.find(vector)
      if (made === undefined) breaches.push(ofRow(each, 'was made by nobody'))
      else if (made.isWrong) continue
      else if (made.text !== text || made.space !== asked.space) {
        breaches.push(ofRow(each, `is ${made.text} in ${made.space}, not ${text} in ${asked.space}`))
      } else if (!ledger.isOf(vector, readPart(text, asked.maxTokens), asked.space)) {
        breaches.push(ofRow(each, 'is not the vector of its text'))
      }
    }
    return breaches
  },
}
