import { loadConfig } from '../config/load.ts'
import { configFlag, UsageError, type Command } from './command.ts'
import type { Answered, Ask } from './embed-texts/answer.ts'
import { askUrl } from './embed-texts/ask-url.ts'
import { withLocalGateway } from './embed-texts/local-gateway.ts'
import { inGroups, textsOf } from './embed-texts/words.ts'
import { exitCode } from './exit-code.ts'
import { print, type Io } from './io.ts'
import { similarityRows } from './similarity.ts'
import { table } from './table.ts'

/** Texts of one request. */
const groupTexts = 256
/** A larger matrix does not fit a terminal. */
const maxCompared = 16
/** Numbers of a vector that are shown. */
const shownNumbers = 4

/** `embedgate embed` */
export const embed: Command = {
  usage: 'embed TEXT [TEXT...] [--url URL] [--model NAME] [--config FILE] [--json]',
  about:
    `Prints the vectors of texts: their first numbers, or all with --json. For 2 to ${maxCompared} texts also how similar they are.\n` +
    'A gateway is started within this program unless --url names a running one (its key, if any, in EMBEDGATE_KEY).\n' +
    'The text - stands for the lines of standard input.',
  flags: {
    url: { type: 'string', value: 'URL', help: 'a running gateway, e.g. http://127.0.0.1:8080' },
    model: {
      type: 'string',
      short: 'm',
      value: 'NAME',
      help: 'model or alias; by default the first one of the configuration, or of the gateway at --url',
    },
    config: configFlag,
    json: { type: 'boolean', help: 'one JSON object a line for each text: {"index", "text", "embedding"}' },
  },
  examples: [
    'embedgate embed "a cat" "a kitten" "a tax form"',
    'embedgate embed "a cat" --url http://127.0.0.1:8080',
    'embedgate embed - --json < texts.txt > vectors.jsonl',
  ],
  run: async (given, io) => {
    if (given.words.length === 0) throw new UsageError(embed.usage)
    const url = given.text('url')
    if (url !== undefined && !URL.canParse(url)) throw new UsageError(`--url wants a URL, not ${url}`)
    const model = given.text('model')
    const show = (ask: Ask): Promise<void> => showAll(ask, given.words, given.has('json'), io)
    if (url !== undefined) await show(askUrl(url, model, io.env))
    else await withLocalGateway(loadConfig(given.text('config'), io.env), model, show)
    return exitCode.done
  },
}

const showAll = async (ask: Ask, words: readonly string[], asJson: boolean, io: Io): Promise<void> => {
  const compared: (readonly number[])[] = []
  let index = 0
  for await (const texts of inGroups(textsOf(words, io), groupTexts)) {
    const answer = await ask(texts)
    const first = index
    index += texts.length
    if (asJson) {
      const objects = texts.map((text, row) => ({ index: first + row, text, embedding: answer.vectors[row] }))
      print(io, ...objects.map((object) => JSON.stringify(object)))
      continue
    }
    if (first === 0) print(io, headLine(answer))
    print(io, ...texts.map((text, row) => `${first + row + 1}  ${brief(answer.vectors[row] ?? [])}  ${shorten(text)}`))
    if (index <= maxCompared) compared.push(...answer.vectors)
  }
  if (!asJson && compared.length > 1 && index <= maxCompared) {
    print(io, '', 'cosine similarity', ...table(similarityRows(compared)))
  }
}

const headLine = ({ model, vectors, backend, degraded, tokens }: Answered): string =>
  `${model}, ${vectors[0]?.length ?? 0} dimensions, from ${backend}${degraded ? ' (degraded)' : ''}, ${tokens} tokens`

const brief = (vector: readonly number[]): string =>
  `[${vector
    .slice(0, shownNumbers)
    .map((value) => value.toFixed(4))
    .join(', ')}${vector.length > shownNumbers ? ', ...' : ''}]`

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)
