import { GatewayError } from '../core/errors.ts'
import { refuseWords, UsageError, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { announce } from './io.ts'

/** `embedgate worker` */
export const worker: Command = {
  usage: 'worker --model MODEL --device DEVICE --listen unix:/PATH|HOST:PORT',
  about:
    'Runs one inference worker until it is told to stop; SIGTERM lets it answer what it has taken. Gateways use it by\n' +
    '`url: http://HOST:PORT` in a backend of kind onnx, with the same model. Off loopback it wants a token in\n' +
    'EMBEDGATE_WORKER_TOKEN, which is the `token` of that backend. What travels is not encrypted. The gateway of one\n' +
    'machine starts its workers itself; this is for other machines.',
  flags: {
    model: { type: 'string', value: 'MODEL', help: 'name of a model, or path of a model folder' },
    device: { type: 'string', value: 'DEVICE', help: 'cpu, gpu, cuda or webgpu; cpu by default' },
    listen: { type: 'string', value: 'WHERE', help: 'unix:/path of a socket, or host:port' },
  },
  examples: [
    'embedgate worker --model all-MiniLM-L6-v2 --device cpu --listen unix:/run/embedgate/worker.sock',
    'EMBEDGATE_WORKER_TOKEN=... embedgate worker --model all-MiniLM-L6-v2 --device gpu --listen 0.0.0.0:9000',
  ],
  run: async (given, io) => {
    refuseWords(given, worker.usage)
    const [model, listen] = [given.text('model'), given.text('listen')]
    if (model === undefined || listen === undefined) throw new UsageError(worker.usage)
    const { runWorker } = await import('../../backends/onnx/worker/run.ts')
    try {
      await runWorker({ model, device: given.text('device') ?? 'cpu', listen }, ({ ready, address }) =>
        announce(
          io,
          `Worker of ${ready.model} on ${ready.provider} listens on ${address} after ${(ready.loadMs / 1_000).toFixed(1)} s`,
        ),
      )
    } catch (error) {
      throw workerRefusal(error, listen)
    }
    return exitCode.done
  },
}

const workerRefusal = (error: unknown, listen: string): unknown => {
  if (error instanceof GatewayError || !(error instanceof Error)) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const reason = code === 'EACCES' ? 'this user may not listen there' : 'it is in use already'
    const message = `the worker cannot listen on ${listen}: ${reason}.\nChoose another address with --listen.`
    return new GatewayError('EG_PORT_IN_USE', message, { cause: error })
  }
  const hint = error.name === 'DeviceAbsent' ? '\n`embedgate doctor` says what this machine offers.' : ''
  return new GatewayError('EG_NOT_READY', `the worker cannot start: ${error.message}${hint}`, { cause: error })
}
