import { availableParallelism } from 'node:os'
import { loadConfig } from '../config/load.ts'
import { packageVersion } from '../core/version.ts'
import { configFlag, refuseWords, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { print } from './io.ts'
import { descriptorsFinding } from './machine/descriptors.ts'
import type { Finding } from './machine/finding.ts'
import { memoryFinding } from './machine/memory.ts'
import { dataDirFinding, portFinding } from './machine/places.ts'
import { processorFindings } from './machine/processor.ts'
import { providerFindings } from './machine/providers.ts'
import { styleFor, type Style } from './style.ts'

/** `embedgate doctor` */
export const doctor: Command = {
  usage: 'doctor [--config FILE]',
  about:
    'Says what this machine offers: processor, memory, execution providers (each tried for real), ports and folder; and what\n' +
    'would make it faster. A running gateway holds its ports, of course.',
  flags: { config: configFlag },
  examples: ['embedgate doctor'],
  run: async (given, io) => {
    refuseWords(given, doctor.usage)
    const { server, admin, cache, limits, dataDir } = loadConfig(given.text('config'), io.env).config
    const style = styleFor(io, io.stdout)
    print(io, `embedgate ${packageVersion}, Node ${process.version}, ${process.platform} ${process.arch}`)
    const findings: Finding[] = [
      ...processorFindings(),
      memoryFinding(availableParallelism(), cache.memoryBytes, limits.memoryBytes),
      descriptorsFinding(limits.requestsInFlight),
      await portFinding(server.host, server.port, '--port'),
      await portFinding(admin.host, admin.port, '--admin-port'),
      await dataDirFinding(dataDir),
      ...(await providerFindings(dataDir)),
    ]
    const width = Math.max(...findings.map(({ about }) => about.length))
    for (const { about, says, state, advice } of findings) {
      print(io, `${marks[state](style)}  ${about.padEnd(width)}  ${says}`)
      if (advice !== undefined) print(io, `    ${''.padEnd(width)}  ${style('dim', `-> ${advice}`)}`)
    }
    return exitCode.done
  },
}

const marks: Readonly<Record<Finding['state'], (style: Style) => string>> = {
  ok: (style) => style('green', 'ok'),
  no: (style) => style('red', 'no'),
  absent: () => '--',
}
