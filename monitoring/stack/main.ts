import { rmSync } from 'node:fs'
import { requestTexts } from '../../bench/load/texts.ts'
import { say } from '../../bench/report/print.ts'
import { startGatewayProcess } from '../../bench/servers/gateway-process.ts'
import { startAlertmanager } from './alertmanager.ts'
import { stackFolder } from './folder.ts'
import { startGrafana } from './grafana.ts'
import { startJaeger } from './jaeger.ts'
import { keepAsking } from './keep-asking.ts'
import { portLike } from './port.ts'
import { startPrometheus } from './prometheus.ts'
import { startReceiver } from './receiver.ts'

const model = 'all-MiniLM-L6-v2'
const requestsPerSecond = 5
/** Tokens of the texts: from a question to a paragraph. */
const lengths = [12, 16, 24, 64]
/** Texts that come again and again, so that the cache has something to find. */
const knownTexts = 50

/** What has been started, last first. */
const started: { stop(): Promise<unknown> }[] = []
const keep = <T extends { stop(): Promise<unknown> }>(server: T): T => {
  started.unshift(server)
  return server
}

/** Starts everything, says where it is, and waits for Ctrl-C. */
const main = async (): Promise<void> => {
  const folder = stackFolder()
  let isStopped = false
  const stopped = untilTold().then(() => (isStopped = true))
  try {
    const receiver = keep(
      await startReceiver(({ status, labels, annotations }) =>
        say(`${status.padEnd(8)}  ${labels['severity']}  ${labels['alertname']}: ${annotations['summary']}`),
      ),
    )
    const jaeger = await startJaeger(folder)
    if (jaeger) {
      keep(jaeger)
      process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = jaeger.otlpUrl
    }
    const gateway = keep(
      await startGatewayProcess({
        server: { port: await portLike(8080) },
        backends: { cpu: { kind: 'onnx', device: 'cpu', model }, cached: { kind: 'cached' } },
        models: { [model]: { chain: ['cpu', 'cached'] } },
      }),
    )
    const alertmanager = keep(
      await startAlertmanager({ port: await portLike(9093), folder, receiverUrl: receiver.url }),
    )
    const prometheus = keep(
      await startPrometheus({
        port: await portLike(9090),
        folder,
        jobs: { embedgate: [new URL(gateway.url).host] },
        alertmanager: new URL(alertmanager.url).host,
        every: '5s',
      }),
    )
    const urls = { prometheusUrl: prometheus.url, alertmanagerUrl: alertmanager.url }
    const grafana = await startGrafana({ port: await portLike(3000), folder, ...urls })
    if (grafana) keep(grafana)
    keep(keepAsking(gateway.url, model, requestsPerSecond, someKnownTexts()))

    say(`gateway       ${gateway.url}   ${requestsPerSecond} requests a second`)
    say(`prometheus    ${prometheus.url}   rules and alerts: ${prometheus.url}/alerts`)
    say(`alertmanager  ${alertmanager.url}   what it sends is printed here`)
    say(`jaeger        ${jaeger?.url ?? 'not installed: npm run stack:setup -- --jaeger'}`)
    say(`grafana       ${grafana?.url ?? 'not installed: import monitoring/grafana/dashboards where you have one'}`)
    say('Ctrl-C stops everything.')
    await stopped
  } catch (error) {
    // Ctrl-C ends the gateway too, and one that was starting has not become ready.
    if (!isStopped) throw error
  } finally {
    for (const server of started) await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every other text was sent before. */
const someKnownTexts = (): ((count: number) => string) => {
  const texts = requestTexts(lengths, 1, 1)
  const next = (): string => texts().texts[0] ?? ''
  const known = Array.from({ length: knownTexts }, next)
  return (count) => (count % 2 === 0 ? (known[count % knownTexts] ?? '') : next())
}

/** Ctrl-C comes twice under npm, from the terminal and from npm: the second one must not end this before all is stopped. */
const untilTold = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })

await main()
