import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepAsking, type Requests } from '../../../monitoring/stack/keep-asking.ts'
import { syntheticVector } from '../../../backends/synthetic/vector.ts'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import { dims, startUpstream, type ScriptedUpstream } from '../../faults/scripted-upstream.ts'
import { until } from '../../support/gateway.ts'
import { configurations, startPatient, type Patient } from './gateways.ts'
import { sections, type Question, type Section } from './guide.ts'
import { killChildren } from './processes.ts'
import { startScene, type Scene } from './scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'embedgate-diagnosis-'))
let upstream: ScriptedUpstream
let scene: Scene<keyof typeof configurations | 'remote'>

beforeAll(async () => {
  upstream = await startUpstream()
  const texts = ['one', 'two', 'three']
  const references = join(folder, 'references.json')
  const vectors = Float32Array.from(texts.flatMap((text) => [...syntheticVector(text, dims)]))
  await writeReferences(references, { texts, dims, vectors })
  const entry = { kind: 'openai', url: upstream.url, model: 'synthetic', dims, maxTokens: 256, timeoutMs: 500 }
  const remote = {
    breaker: configurations.tiers.breaker,
    backends: { remote: entry, local: { kind: 'synthetic', dims, maxTokens: 256 } },
    models: { m: { chain: ['remote', 'local'], references } },
  }
  scene = await startScene({ ...configurations, remote })
})
afterAll(async () => {
  await scene.close()
  await upstream[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const hasJq = spawnSync('jq', ['--version']).status === 0
const guide = sections()
const limitMs = 60_000

/** A question of the guide, about this gateway and with windows that do not remember the fault before. */
const about = ({ instance }: Patient, text: string): string =>
  text
    .replaceAll('$INSTANCE', instance)
    .replaceAll(/\[(5m|15m|1m)\]/g, '[10s]')
    .replaceAll('15s]', '1s]')

const answersQuery = async (patient: Patient, { ask, answers }: Question): Promise<boolean> => {
  const found = await scene.prometheus.series(about(patient, ask))
  const written = found.map((labels) => Object.entries(labels).map(([name, value]) => `${name}="${value}"`))
  return written.some((labels) => answers.every((answer) => labels.includes(about(patient, answer))))
}

const answersCommand = (patient: Patient, { ask, answers }: Question): boolean => {
  const log = join(folder, 'log')
  writeFileSync(log, patient.log())
  const env = { ...process.env, INSTANCE: patient.instance, LOG: log }
  const said = execFileSync('bash', ['-c', ask], { env, encoding: 'utf8' })
  return answers.every((answer) => said.includes(answer))
}

/** Whether every query of a section has its answer already. */
const isAnswered = async ({ queries }: Section, patient: Patient): Promise<boolean> =>
  (await Promise.all(queries.map((query) => answersQuery(patient, query)))).every(Boolean)

/** Waits until everything that the guide says about a fault is so. */
const holds = async (section: Section, patient: () => Patient): Promise<void> => {
  for (const query of section.queries) {
    await until(() => answersQuery(patient(), query), limitMs).catch(() => expect.fail(`no answer: ${query.ask}`))
  }
  for (const command of section.commands) {
    if (!hasJq && command.ask.includes('jq')) continue
    await until(() => answersCommand(patient(), command), limitMs).catch(() => expect.fail(`not said: ${command.ask}`))
  }
}

/** A fault: who has it, what is asked meanwhile, and how it begins and ends. */
interface Fault {
  readonly who: keyof typeof configurations | 'remote'
  readonly load: () => Requests
  readonly begin: (patient: Patient) => Promise<unknown>
  readonly end?: (patient: Patient) => Promise<unknown>
}

const light = (who: Fault['who'], model: string) => (): Requests =>
  keepAsking(scene.patients[who].url, model, 8, (count) => `text ${count} of now`)
const minilm = 'all-MiniLM-L6-v2'
const paragraph = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

const faults: readonly Fault[] = [
  {
    who: 'tiers',
    load: light('tiers', 'faulty'),
    begin: (patient) => patient.fault('gpu', 'down'),
    end: (patient) => patient.fault('gpu'),
  },
  { who: 'full', load: light('full', minilm), begin: async ({ child }) => killChildren(child.pid) },
  {
    who: 'remote',
    load: light('remote', 'm'),
    begin: async () => void (upstream.fault = 'answers 500'),
    end: async () => void (upstream.fault = undefined),
  },
  {
    who: 'remote',
    load: light('remote', 'm'),
    begin: async () => void (upstream.fault = 'hangs before its headers'),
    end: async () => void (upstream.fault = undefined),
  },
  {
    who: 'tiers',
    load: light('tiers', 'faulty'),
    begin: (patient) => patient.fault('gpu', 'wrong'),
    end: (patient) => patient.fault('gpu'),
  },
  {
    who: 'full',
    load: () => keepAsking(scene.patients.full.url, minilm, 150, (count) => `${count} ${paragraph}`),
    begin: async () => undefined,
  },
  {
    who: 'frail',
    load: light('frail', 'faulty'),
    begin: (patient) => patient.plague('hold', { bytes: 600_000_000 }),
    end: (patient) => patient.plague('hold', { bytes: 0 }),
  },
  {
    who: 'frail',
    load: light('frail', 'faulty'),
    begin: async (patient) => {
      await patient.stop()
      scene.patients.frail = await startPatient(configurations.frail, Number(new URL(patient.url).port))
    },
  },
  { who: 'last', load: light('last', 'no-such-model'), begin: async () => undefined },
  {
    who: 'frail',
    load: light('frail', 'faulty'),
    begin: (patient) => patient.plague('block', { ms: 400 }),
    end: (patient) => patient.plague('block', { ms: 0 }),
  },
  {
    who: 'tiers',
    load: light('tiers', 'faulty'),
    begin: async ({ child }) => child.kill('SIGTERM'),
  },
]

describe('the diagnosis guide, while the fault is there', () => {
  it('has a fault for each section', () => {
    expect(guide).toHaveLength(faults.length)
  })

  it.each(guide.map((section, index) => [section.title, section, faults[index]] as const))(
    'is right about: %s',
    async (_title, section, fault) => {
      if (fault === undefined) throw new Error('there is no such fault')
      const patient = (): Patient => scene.patients[fault.who]
      expect(await isAnswered(section, patient()), 'before the fault').toBe(false)
      const load = fault.load()
      try {
        await fault.begin(patient())
        await holds(section, patient)
      } finally {
        await fault.end?.(patient())
        await load.stop()
      }
    },
  )
})
