import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../bench/package-root.ts'
import { startDaemon, type Daemon } from './daemon.ts'
import { installed } from './installed.ts'

/** What Grafana shows. */
export interface GrafanaOptions {
  readonly port: number
  readonly folder: string
  readonly prometheusUrl: string
  readonly alertmanagerUrl: string
}

/** Where Grafana's packages put what it is started with. */
const homePath = '/usr/share/grafana'
const provisioning = join(packageRoot, 'monitoring/grafana/provisioning')

/** Starts Grafana with the dashboards, readable without a login; undefined where it is not installed. */
export const startGrafana = async (options: GrafanaOptions): Promise<Daemon | undefined> => {
  const { port, folder, prometheusUrl, alertmanagerUrl } = options
  const command = installed('grafana')
  if (command === undefined || !existsSync(homePath)) return undefined
  const own = join(folder, 'provisioning')
  mkdirSync(join(own, 'datasources'), { recursive: true })
  mkdirSync(join(own, 'dashboards'), { recursive: true })
  const sources = readFileSync(join(provisioning, 'datasources/embedgate.yml'), 'utf8')
    .replace('http://127.0.0.1:9090', prometheusUrl)
    .replace('http://127.0.0.1:9093', alertmanagerUrl)
  writeFileSync(join(own, 'datasources/embedgate.yml'), sources)
  writeFileSync(
    join(own, 'dashboards/embedgate.yml'),
    readFileSync(join(provisioning, 'dashboards/embedgate.yml'), 'utf8'),
  )
  return startDaemon({
    name: 'grafana',
    command,
    args: ['server', '--homepath', homePath],
    env: {
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: join(folder, 'grafana'),
      GF_PATHS_PROVISIONING: own,
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      EMBEDGATE_DASHBOARDS: join(packageRoot, 'monitoring/grafana/dashboards'),
    },
    url: `http://127.0.0.1:${port}`,
    readyPath: '/api/health',
    folder,
  })
}
