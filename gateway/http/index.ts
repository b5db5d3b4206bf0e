import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { answerWith, type HttpOptions } from './answer.ts'
import { replaceBareAnswers } from './bare-answers.ts'
import { refuseWhileClosing } from './closing.ts'
import { embedRoute } from './embed.ts'
import { newMemory, reusedMemory } from './encode/body-memory.ts'
import { readJsonBodies } from './json-body.ts'
import { modelRoutes } from './models.ts'
import { openAiRoute } from './openai.ts'
import { refuseWrongHost } from './same-host.ts'
import { sendRowsFrom } from './send-rows.ts'
import { teiRoutes } from './tei.ts'

export type { HttpOptions } from './answer.ts'

/** The public APIs: what they have in common, then one file for each. Fills no slot; it stands before the chain. */
export default fp<HttpOptions>(
  async (app, options) => {
    refuseWhileClosing(app, options.server.shutdownGraceMs)
    replaceBareAnswers(app)
    refuseWrongHost(app)
    modelRoutes(app)
    // In a scope of their own: how these routes read bodies is nobody else's business.
    await app.register(async (scope: FastifyInstance) => {
      readJsonBodies(scope)
      const answer = answerWith(scope, options)
      const sendRows = sendRowsFrom(options.reusesMemory ? reusedMemory() : newMemory)
      openAiRoute(scope, options, answer, sendRows)
      embedRoute(scope, options, answer, sendRows)
      teiRoutes(scope, options, answer, sendRows)
    })
  },
  { name: 'http', dependencies: ['chain', 'auth', 'errors', 'requests'] },
)
