import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { loadModelFiles } from '../../../backends/onnx/model/model-files.ts'
import { resolveModelFolder } from '../../../backends/onnx/model/resolve.ts'
import type { Finding } from './finding.ts'

/** In a process of its own: a driver that is not there may throw, hang, or take the process with it. */
const program = `
const [runtime, graph, provider] = process.argv.slice(1)
const { InferenceSession } = require(runtime)
InferenceSession.create(graph, { executionProviders: [provider] }).then(
  () => process.stdout.write('yes'),
  (error) => process.stdout.write('no ' + error.message),
)`

const timeoutMs = 20_000

const advices: Readonly<Record<string, string>> = {
  cuda: 'for an NVIDIA GPU install with ONNXRUNTIME_NODE_INSTALL=cuda12, and CUDA 12 with cuDNN 9',
  webgpu: 'for other GPUs install the Vulkan loader (libvulkan1) and the driver of the GPU',
}

/** Whether each execution provider of onnxruntime can load the embedded model here, and if not, why. */
export const providerFindings = async (dataDir: string): Promise<Finding[]> => {
  const graph = loadModelFiles(resolveModelFolder('all-MiniLM-L6-v2', dataDir)).graph.path
  return Promise.all(['cpu', 'cuda', 'webgpu'].map((provider) => providerFinding(provider, graph)))
}

const providerFinding = async (provider: string, graph: string): Promise<Finding> => {
  const answer = await tryProvider(provider, graph)
  const ok = answer === 'yes'
  const advice = advices[provider]
  return {
    about: `onnxruntime ${provider}`,
    says: ok ? 'can load the embedded model' : `not here: ${reasonIn(answer)}`,
    state: ok ? 'ok' : provider === 'cpu' ? 'no' : 'absent',
    ...(!ok && advice !== undefined && { advice }),
  }
}

const tryProvider = (provider: string, graph: string): Promise<string> => {
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node')
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const
    execFile(process.execPath, ['-e', program, runtime, graph, provider], options, (error, stdout) => {
      resolve(
        stdout === '' ? (error?.signal ? `it ended by ${error.signal}` : (error?.message ?? 'no answer')) : stdout,
      )
    })
  })
}

/** Without the place in its source that the runtime names first. */
const reasonIn = (answer: string): string =>
  (answer.split('\n')[0] ?? '')
    .replace(/^no /, '')
    .replace(/^.*was false\. /, '')
    .slice(0, 160)
