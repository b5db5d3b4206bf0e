import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Something that the guide tells operators to ask, and what it says that the answer holds. */
export interface Question {
  readonly ask: string
  readonly answers: readonly string[]
}

/** What the guide says about one fault. */
export interface Section {
  readonly title: string
  readonly queries: readonly Question[]
  readonly commands: readonly Question[]
}

const docs = join(import.meta.dirname, '../../../docs')

/** The numbered sections of docs/Guides/diagnosis.md. */
export const sections = (): readonly Section[] =>
  readFileSync(join(docs, 'Guides/diagnosis.md'), 'utf8')
    .split(/^## (?=\d+\. )/m)
    .slice(1)
    .map((text) => ({
      title: text.split('\n', 1)[0] ?? '',
      queries: questions(text, 'promql', /, (?=\w+=")/),
      commands: questions(text, 'sh', /, (?=")/),
    }))

/** Every query of the runbooks, with the page it is on. */
export const runbookQueries = (): readonly (readonly [page: string, query: string])[] =>
  readdirSync(join(docs, 'runbooks')).flatMap((page) =>
    questions(readFileSync(join(docs, 'runbooks', page), 'utf8'), 'promql', /,/).map(({ ask }) => [page, ask] as const),
  )

const questions = (text: string, language: string, between: RegExp): readonly Question[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n')
      .map((line) => {
        const [ask = '', answers = ''] = line.split(/ +# /)
        return { ask, answers: answers.split(between) }
      }),
  )
