import fp from 'fastify-plugin'
import { levelOf, requestFields } from './request-line.ts'

/** One line for each request, written when its answer is out or its caller gone. */
export default fp(
  async (app) => {
    app.observeRequests({ end: (request) => app.log[levelOf(request)](requestFields(request), 'request') })
  },
  { name: 'logging', dependencies: ['requests'] },
)
