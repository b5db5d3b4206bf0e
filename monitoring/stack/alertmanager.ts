import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { packageRoot } from '../../bench/package-root.ts'
import { startDaemon, type Daemon } from './daemon.ts'
import { readDuration, writeDuration } from './durations.ts'
import { needed } from './installed.ts'

/** What differs from monitoring/alertmanager/alertmanager.yml. */
export interface AlertmanagerOptions {
  readonly port: number
  /** For its configuration, data and log. */
  readonly folder: string
  /** Who is told of alerts. */
  readonly receiverUrl: string
  /** What its waiting times become, in milliseconds; as they are by default. */
  readonly scale?: (ms: number) => number
}

/** Starts Alertmanager with the routes of this repository, on loopback and without its gossip. */
export const startAlertmanager = async (options: AlertmanagerOptions): Promise<Daemon> => {
  const { port, folder, receiverUrl, scale = (ms) => ms } = options
  const file = join(packageRoot, 'monitoring/alertmanager/alertmanager.yml')
  const config = parse(readFileSync(file, 'utf8'), (key, value: unknown) => {
    if (/^(group_wait|group_interval|repeat_interval)$/.test(String(key)))
      return writeDuration(scale(readDuration(String(value))))
    return key === 'webhook_configs' ? [{ url: receiverUrl }] : value
  }) as unknown
  writeFileSync(join(folder, 'alertmanager.yml'), stringify(config))
  return startDaemon({
    name: 'alertmanager',
    command: needed('prometheus-alertmanager', 'alertmanager'),
    args: [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    url: `http://127.0.0.1:${port}`,
    readyPath: '/-/ready',
    folder,
  })
}
