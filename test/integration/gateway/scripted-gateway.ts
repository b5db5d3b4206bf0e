import type { AppOptions } from '../../../gateway/app.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import type { Engines } from './scripted-engine.ts'

/** The usual: one engine that computes, and the stale reader. */
const usual = `
backends:
  engine: { kind: scripted }
  cached: { kind: cached }
models:
  scripted: { chain: [engine, cached] }
`

/** A gateway over engines of known vectors. */
export const startScripted = async (
  yaml = usual,
  options: AppOptions = {},
): Promise<TestGateway & { readonly engines: Engines }> => {
  const gateway = await startGateway(`plugins: [./scripted-engine.ts]\n${yaml}`, {
    baseDir: import.meta.dirname,
    ...options,
  })
  return { ...gateway, engines: gateway.app.engines }
}

/** Texts that no other test has sent. */
export const newTexts = (count: number): string[] => Array.from({ length: count }, () => `text ${++sent}`)

let sent = 0

/** All numbers of a metric of the gateway, by its labels. */
export const metric = async (url: string, name: string): Promise<Readonly<Record<string, number>>> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(name.length, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  )
}
