import { buildApp, type Observation } from '../../gateway/app.ts'
import { loadConfig } from '../../gateway/config/load.ts'

/**
 * A gateway of which some of what it knows of itself is left out: `observed.js CONFIG [metrics] [logs]` names what is. Tells its
 * parent where it listens.
 */

const [path, ...without] = process.argv.slice(2)
const app = await buildApp(loadConfig(path).config, { without: new Set(without as Observation[]) })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ url })
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)))
