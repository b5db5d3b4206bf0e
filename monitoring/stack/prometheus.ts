import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { packageRoot } from '../../bench/package-root.ts'
import { startDaemon, type Daemon } from './daemon.ts'
import { needed } from './installed.ts'
import { rescaled, ruleFiles, writeRules, type Scale } from './rules.ts'

/** What differs from monitoring/prometheus/prometheus.yml. */
export interface PrometheusOptions {
  readonly port: number
  /** For its configuration, data and log. */
  readonly folder: string
  /** Host and port of the gateways of each job; objectives are judged by job. */
  readonly jobs: Readonly<Record<string, readonly string[]>>
  /** Host and port. */
  readonly alertmanager: string
  /** How often it scrapes and evaluates, as `5s`. */
  readonly every: string
  /** Of the rules; as they are by default. */
  readonly scale?: Scale
}

interface PrometheusFile {
  global: object
  alerting: object
  scrape_configs: object[]
}

/** Starts Prometheus with the configuration and the rules of this repository. */
export const startPrometheus = async (options: PrometheusOptions): Promise<Daemon> => {
  const { port, folder, jobs, alertmanager, every, scale = (ms) => ms } = options
  const config = parse(
    readFileSync(join(packageRoot, 'monitoring/prometheus/prometheus.yml'), 'utf8'),
  ) as PrometheusFile
  config.global = { scrape_interval: every, evaluation_interval: every }
  config.alerting = { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] }
  config.scrape_configs = Object.entries(jobs).flatMap(([job_name, targets]) =>
    config.scrape_configs.map((job) => ({ ...job, job_name, scrape_timeout: every, static_configs: [{ targets }] })),
  )
  mkdirSync(join(folder, 'rules'), { recursive: true })
  for (const [name, rules] of ruleFiles())
    writeFileSync(join(folder, 'rules', name), writeRules(rescaled(rules, scale)))
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  return startDaemon({
    name: 'prometheus',
    command: needed('prometheus'),
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    url: `http://127.0.0.1:${port}`,
    readyPath: '/-/ready',
    folder,
  })
}
