import { LineCounter, isMap, isNode, isPair, isScalar, isSeq, parseDocument, visit, type Document } from 'yaml'
import { configInvalid, faultLine, type Fault, type Path } from './fault.ts'
import { interpolate, interpolationFaults, protect, restore, type ProtectedText } from './interpolate.ts'

/** A configuration file, read but not checked. */
export interface ParsedFile {
  /** What the file says, variables put in; `undefined` for an empty file. */
  readonly value: unknown
  /** A line for each fault, in the order of the file, with where it is. */
  linesOf(faults: readonly Fault[]): string[]
  /** Where the value of a key is, e.g. `embedgate.yaml:12:3` of `backends.cpu.model`; undefined where the file says nothing of it. */
  readonly placeOf: (key: string) => string | undefined
  /** Variables that could not be put in. */
  readonly faults: readonly Fault[]
}

/**
 * Reads YAML 1.2 and puts environment variables in. A plain scalar that is one variable and nothing else is typed as YAML
 * types its value (`port: ${PORT}` is a number); a quoted one, or a variable within a text, stays text.
 *
 * @param name of the file, for messages
 * @throws GatewayError `EG_CONFIG_INVALID` with a line for each fault of the YAML itself
 */
export const parseFile = (name: string, text: string, env: NodeJS.ProcessEnv): ParsedFile => {
  const lines = new LineCounter()
  const file = protect(text)
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw configInvalid(
      document.errors.map(({ pos, code, message }) => `${place(name, lines, pos[0])} ${plain(code, message, file)}`),
    )
  }
  const faults = putVariablesIn(document, file, env)
  const linesOf = (found: readonly Fault[]): string[] =>
    found
      .map((fault) => ({ fault, offset: offsetOf(document, fault) }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ fault, offset }) => faultLine(fault, place(name, lines, offset)))
  const placeOf = (key: string): string | undefined => {
    const path = writtenPath(document.contents, key.split('.'))
    return path.length === 0 ? undefined : place(name, lines, offsetOf(document, { path, reason: '' }))
  }
  return { value: toPlainValue(name, document), faults, linesOf, placeOf }
}

const place = (name: string, lines: LineCounter, offset: number): string => {
  const { line, col } = lines.linePos(offset)
  return `${name}:${line}:${col}`
}

const plain = (code: string, message: string, file: ProtectedText): string => {
  if (code === 'DUPLICATE_KEY') return 'this key is here twice'
  if (code === 'MULTIPLE_DOCS') return 'one file holds one document; "---" begins a second one here'
  return restore(message, file.slots)
}

const putVariablesIn = (document: Document.Parsed, { slots }: ProtectedText, env: NodeJS.ProcessEnv): Fault[] => {
  const faults: Fault[] = []
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (typeof node.value !== 'string') return
      if (key === 'key') {
        node.value = restore(node.value, slots)
        return
      }
      const found = interpolate(node.value, slots, env)
      faults.push(...interpolationFaults(pathOf([...ancestors, node]), found))
      node.value = found.whole && node.type === 'PLAIN' ? typed(found.text) : found.text
    },
  })
  return faults
}

/** A number or a boolean where YAML would read one, otherwise text: an empty variable is an empty text, not nothing. */
const typed = (text: string): unknown => {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : text
}

const pathOf = (ancestors: readonly unknown[]): Path =>
  ancestors.flatMap((node, index): Path => {
    if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : '?']
    return isSeq(node) ? [node.items.indexOf(ancestors[index + 1])] : []
  })

const toPlainValue = (name: string, document: Document.Parsed): unknown => {
  if (document.contents === null) return undefined
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw configInvalid([`${name}: ${cause instanceof Error ? cause.message : String(cause)}`], cause)
  }
}

/** Where the deepest part of `path` that exists begins. */
const offsetOf = (document: Document.Parsed, { path, atKey }: Fault): number => {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, part] of path.entries()) {
    const child = childOf(node, part)
    if (child === undefined) return offset
    const isLast = depth === path.length - 1
    offset = startOf(isLast && atKey ? child.key : child.value) ?? startOf(child.key) ?? offset
    node = child.value
  }
  return offset
}

/** The longest part of a dotted key that the file has. A name may hold dots itself. */
const writtenPath = (node: unknown, parts: readonly string[]): Path => {
  for (let count = 1; count <= parts.length; count++) {
    const name = parts.slice(0, count).join('.')
    const child = childOf(node, name)
    if (child) return [name, ...writtenPath(child.value, parts.slice(count))]
  }
  return []
}

const childOf = (node: unknown, part: string | number): { key?: unknown; value: unknown } | undefined => {
  if (isSeq(node)) return node.items[Number(part)] === undefined ? undefined : { value: node.items[Number(part)] }
  return isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === part) : undefined
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)
