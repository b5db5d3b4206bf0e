import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../bench/servers/free-port.ts'
import { startAlertmanager } from '../../../monitoring/stack/alertmanager.ts'
import { startPrometheus } from '../../../monitoring/stack/prometheus.ts'
import { startReceiver } from '../../../monitoring/stack/receiver.ts'
import { until } from '../../support/gateway.ts'
import { startPatient, type Configuration, type Patient } from './gateways.ts'
import { openInbox, type Inbox } from './inbox.ts'
import { queries, type Queries } from './query.ts'
import { shortened } from './scale.ts'

/** Gateways, a Prometheus that scrapes them once a second with shortened rules, an Alertmanager, and who is told of alerts. */
export interface Scene<Name extends string> {
  /** A gateway that is started again takes the place of its old one. */
  readonly patients: Record<Name, Patient>
  readonly prometheus: Queries
  readonly inbox: Inbox
  readonly startedAtMs: number
  close(): Promise<void>
}

/**
 * Starts all of it and waits until every gateway has been scraped. The one called `last` is a job of its own: objectives are
 * judged by job, and what is done to the others would be in the way.
 */
export const startScene = async <Name extends string>(
  configurations: Readonly<Record<Name, Configuration>>,
): Promise<Scene<Name>> => {
  const startedAtMs = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-stack-test-'))
  const names = Object.keys(configurations) as Name[]
  const started = await Promise.all(
    names.map(async (name) => [name, await startPatient(configurations[name])] as const),
  )
  const patients = Object.fromEntries(started) as Record<Name, Patient>
  const instancesOf = (isIn: (name: string) => boolean): readonly string[] =>
    started.filter(([name]) => isIn(name)).map(([, { instance }]) => instance)
  const inbox = openInbox()
  const receiver = await startReceiver(inbox.take)
  const alertmanager = await startAlertmanager({
    port: await freePort(),
    folder,
    receiverUrl: receiver.url,
    scale: (ms) => Math.min(1_000, ms / 60),
  })
  const server = await startPrometheus({
    port: await freePort(),
    folder,
    jobs: {
      embedgate: instancesOf((name) => name !== 'last'),
      objectives: instancesOf((name) => name === 'last'),
    },
    alertmanager: new URL(alertmanager.url).host,
    every: '1s',
    scale: shortened,
  })
  const prometheus = queries(server.url)
  await until(async () => (await prometheus.series(`sum(up) == ${started.length}`)).length > 0)
  return {
    patients,
    prometheus,
    inbox,
    startedAtMs,
    close: async () => {
      for (const daemon of [server, alertmanager, receiver]) await daemon.stop()
      await Promise.all(Object.values<Patient>(patients).map((patient) => patient.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
