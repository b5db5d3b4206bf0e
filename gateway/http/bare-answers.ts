import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import { answerOnSocket } from './socket-answer.ts'

/**
 * Answers in the one error shape what Node would answer by itself with no body, or not at all. On the first address that is
 * listened on: for a host name with two, Fastify opens a listener of its own for the second, which has Node's answers.
 */
export const replaceBareAnswers = (app: FastifyInstance): void => {
  // Node's own answer is 417, which a server may give (RFC 9110, 10.1.1); the hook below refuses it like any bad header.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook('onRequest', (request, _reply, done) => {
    const { expect } = request.headers
    if (expect === undefined || expect.toLowerCase() === '100-continue') return done()
    done(new GatewayError('EG_INPUT_INVALID', 'no expectation but 100-continue is met', { param: 'expect' }))
  })
  // Nothing would be sent, and the connection closed.
  app.server.on('connect', (_request, socket) => {
    const answer = answerOnSocket(socket, new GatewayError('EG_METHOD', 'this is no proxy: no path takes CONNECT'))
    if (answer) app.endUnrouted({ ...answer, method: 'CONNECT' })
  })
}
