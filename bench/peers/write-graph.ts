import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { standardGraph } from './standard-graph.ts'

/** node write-graph.js CHECKPOINT TARGET: writes the checkpoint as a standard ONNX graph. Called by ./install. */
const [, , checkpoint = '', target = ''] = argv
writeFileSync(target, standardGraph(checkpoint))
