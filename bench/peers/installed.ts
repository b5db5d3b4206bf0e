import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/** Where the peers' packages and model lie. */
export const peersFolder = join(packageRoot, 'bench/peers')

/** The folder that holds model folders in the layout of a model hub. */
export const peerModels = join(peersFolder, 'model')

/** Whether `bench/peers/install` has been run. */
export const peersInstalled = (): boolean =>
  existsSync(join(peersFolder, 'node_modules/@huggingface/transformers')) &&
  existsSync(join(peerModels, 'all-MiniLM-L6-v2/onnx/model.onnx'))
