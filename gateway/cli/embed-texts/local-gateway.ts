import type { LoadedConfig } from '../../config/load.ts'
import { damagedModel } from '../local/damaged-model.ts'
import { untilServing } from '../local/settled.ts'
import { withSilentApp } from '../local/silent-app.ts'
import { answered, bodyOf, type Ask } from './answer.ts'

/**
 * Runs `use` with a gateway in this process.
 *
 * @throws GatewayError a start-up code, or what the gateway answered
 */
export const withLocalGateway = async <T>(
  loaded: LoadedConfig,
  model: string | undefined,
  use: (ask: Ask) => Promise<T>,
): Promise<T> =>
  withSilentApp(loaded, async (app) => {
    await app.ready()
    const name = model ?? app.models.list()[0]?.model.name
    if (name !== undefined) await untilServing(app, name, loaded.config.timeouts.modelLoadMs)
    const served = app.models.find(name ?? '')
    const damaged = served && (await damagedModel(app, [served]))
    if (damaged) throw damaged
    return use(async (texts) => {
      const headers = { 'content-type': 'application/json', 'x-embedgate-priority': 'bulk' }
      const response = await app.inject({
        method: 'POST',
        url: '/v1/embeddings',
        headers,
        payload: bodyOf(texts, name),
      })
      const header = (key: string): string | null => String(response.headers[key] ?? '')
      return answered({ status: response.statusCode, body: response.body, header })
    })
  })
