import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const require = createRequire(import.meta.url)
/** Files of the page are served as they were written: they lie in the package, not in what is compiled. */
const pageFolder = join(dirname(require.resolve('embedgate/package.json')), 'plugins/status/page')
const chartsFolder = dirname(require.resolve('uplot'))

const files: Readonly<Record<string, string>> = {
  '/': join(pageFolder, 'index.html'),
  '/page/uplot.js': join(chartsFolder, 'uPlot.iife.min.js'),
  '/page/uplot.css': join(chartsFolder, 'uPlot.min.css'),
  ...Object.fromEntries(
    [
      'style.css',
      'icon.svg',
      'actions.js',
      'chain.js',
      'charts.js',
      'dialog.js',
      'dom.js',
      'elapsed.js',
      'events.js',
      'figures.js',
      'format.js',
      'headline.js',
      'main.js',
      'marks.js',
      'poll.js',
      'remembered.js',
      'request.js',
      'theme.js',
    ].map((file) => [`/page/${file}`, join(pageFolder, file)]),
  ),
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Everything from this listener and nothing written into the page: text that found its way into data stays text. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'cache-control': 'no-cache',
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Serves the status page at `/` and its files below `/page`. They are read when they are asked for, which is rarely. */
export const pageRoutes = (listener: FastifyInstance): void => {
  for (const [url, file] of Object.entries(files)) {
    // Off loopback a browser has no token before the page has asked for it.
    listener.get(url, { config: { saysNothing: true } }, async (_request, reply) => {
      const bytes = await readFile(file)
      return reply
        .headers(headers)
        .type(contentTypes[extname(file)] ?? 'application/octet-stream')
        .send(bytes)
    })
  }
}
