import type { Fault } from './fault.ts'

/** A `${...}` of the file. */
interface Slot {
  readonly source: string
  /** Undefined: an escaped `$${...}`, which stands for itself. */
  readonly variable?: { readonly name: string; readonly fallback?: string }
}

/** A text in which every `${...}` is a placeholder of the same length, so that YAML can read it where braces have a meaning. */
export interface ProtectedText {
  readonly text: string
  readonly slots: readonly Slot[]
}

/** A scalar with its variables put in. */
export interface Interpolated {
  readonly text: string
  /** true: the scalar was one variable and nothing else. */
  readonly whole: boolean
  /** Why variables could not be put in. */
  readonly reasons: readonly string[]
}

// Private-use characters: a mark, the number of the slot, and padding up to the length of the source.
const mark = '\uE000'
const pad = '\uE001'
const firstSlot = 0xe100
const maxSlots = 0xf8ff - firstSlot
const placeholder = /\uE000([\uE100-\uF8FF])\uE001*/g

/**
 * Hides `${NAME}`, `${NAME:-default}` and the escape `$${...}` from the YAML reader. Line and column of everything stay.
 * Variables beyond the first 6 143 are left as they are.
 */
export const protect = (source: string): ProtectedText => {
  const slots: Slot[] = []
  const text = source.replace(/\$\$\{(?:[^{}\n]*\})?|\$\{[^{}\n]*\}/g, (found) => {
    if (slots.length >= maxSlots) return found
    slots.push(slotOf(found))
    return (mark + String.fromCharCode(firstSlot + slots.length - 1)).padEnd(found.length, pad)
  })
  return { text, slots }
}

const slotOf = (source: string): Slot => {
  if (source.startsWith('$$')) return { source }
  const [name = '', ...rest] = source.slice(2, -1).split(':-')
  return { source, variable: rest.length > 0 ? { name, fallback: rest.join(':-') } : { name } }
}

/** Puts `${...}` back as it was written, for keys and messages. */
export const restore = (text: string, slots: readonly Slot[]): string =>
  text.replace(placeholder, (found, slot: string) => slots[slot.charCodeAt(0) - firstSlot]?.source ?? found)

/**
 * Puts the variables of `env` into a scalar. As in a shell, the default of `${NAME:-default}` stands for a variable that
 * is unset or empty.
 */
export const interpolate = (scalar: string, slots: readonly Slot[], env: NodeJS.ProcessEnv): Interpolated => {
  const reasons: string[] = []
  let whole = false
  const text = scalar.replace(placeholder, (found, character: string) => {
    const slot = slots[character.charCodeAt(0) - firstSlot]
    if (!slot) return found
    if (!slot.variable) return slot.source.slice(1)
    whole = found.length === scalar.length
    const { name, fallback } = slot.variable
    const value = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? env[name] : undefined
    if (value === undefined && fallback === undefined) reasons.push(reasonFor(slot.source, name))
    return fallback === undefined ? (value ?? '') : value || fallback
  })
  return { text, whole, reasons }
}

const reasonFor = (source: string, name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? `the environment variable ${name} is not set; set it, or write \${${name}:-default}`
    : `${source} is neither \${NAME} nor \${NAME:-default}; write $${source} for the characters themselves`

/** A fault for each variable that could not be put in. */
export const interpolationFaults = (path: Fault['path'], { reasons }: Interpolated): Fault[] =>
  reasons.map((reason) => ({ path, reason }))
