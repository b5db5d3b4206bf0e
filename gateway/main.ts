#!/usr/bin/env node
import { exitCode } from './cli/exit-code.ts'
import { leaveHangingFiles } from './cli/hanging-files.ts'
import { processIo } from './cli/process-io.ts'
import { run } from './cli/run.ts'

const code = await run(process.argv.slice(2), processIo())
process.exitCode = code
// A gateway that runs is `done` as well, and goes on.
if (code !== exitCode.done) await leaveHangingFiles()
