import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What an export of sentence-transformers cannot do without; either place of the graph will do. */
const needed = [['config.json'], ['tokenizer.json'], ['onnx/model.onnx', 'model.onnx']] as const

/** Says of a path that is no model folder what is wrong with it: nothing is there, it is a file, or what it lacks. */
export const whyNoModelFolder = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return `there is no such folder: ${path}`
  if (!found.isDirectory()) return `${path} is a file, not a model folder`
  const lacks = needed.filter((places) => !places.some((place) => existsSync(join(path, place))))
  return `${path} is no model folder: it lacks ${lacks.map((places) => places.join(' or ')).join(', ')}`
}
