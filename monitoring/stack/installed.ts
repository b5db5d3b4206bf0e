import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The first of `names` that is on the path or in the folder of Go's binaries; undefined when none is. */
export const installed = (...names: readonly string[]): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), join(homedir(), 'go/bin')]
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The same, for what the stack cannot do without.
 *
 * @throws naming the command that installs it
 */
export const needed = (...names: readonly string[]): string => {
  const found = installed(...names)
  if (found === undefined) throw new Error(`${names[0]} is not installed: npm run stack:setup`)
  return found
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
