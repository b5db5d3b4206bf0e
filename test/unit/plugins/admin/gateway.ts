import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import { buildApp, type AppOptions } from '../../../../gateway/app.ts'
import { parseConfig } from '../../../../gateway/config/load.ts'
import { until } from '../../../support/gateway.ts'
import { syntheticReferences } from '../../../support/synthetic-references.ts'

/** The admin token of these gateways. */
export const token = 'the-token-of-this-test'

/** Two tiers that compute and one that reads what is stored. */
export const twoTiers = `
backends: { first: { kind: synthetic, dims: 8 }, second: { kind: synthetic, dims: 8 }, cached: { kind: cached } }
models: { toy: { chain: [first, second, cached] } }
`

/** What a gateway of a test is made from. */
export interface AdminGatewayOptions extends AppOptions {
  /** A folder of its own by default. */
  readonly dataDir?: string
  /** The section `admin`, as YAML. */
  readonly admin?: string
}

/** A folder that is gone after the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-admin-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A gateway that serves, with an admin listener to inject into; it is closed after the test. */
export const adminGateway = async (
  yaml = twoTiers,
  { dataDir = temporaryFolder(), admin = `{ token: ${token} }`, ...options }: AdminGatewayOptions = {},
): Promise<FastifyInstance> => {
  const { config } = parseConfig('test.yaml', `admin: ${admin}\n${yaml}`, {})
  const telemetry = yaml.includes('logLevel') ? config.telemetry : { logLevel: 'silent' as const }
  const { toy } = config.models
  const models = toy ? { toy: { ...toy, references: await syntheticReferences(temporaryFolder()) } } : config.models
  const app = await buildApp({ ...config, models, dataDir, telemetry }, options)
  onTestFinished(() => app.close())
  await app.ready()
  await until(() => app.models.list().every((served) => served.tiers().every(({ available }) => available)))
  return app
}

/** Sends a change as an operator would. */
export const change = (
  { admin }: FastifyInstance,
  method: 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) =>
  admin.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body && { payload: JSON.stringify(body) }),
  })
