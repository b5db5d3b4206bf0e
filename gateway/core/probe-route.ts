/** Whether a route is for probes and scrapes: they come for ever, and one that succeeds says nothing. */
export const isProbeRoute = (route: string | undefined): boolean =>
  route !== undefined && /^\/(?:health|metrics)(?:\/|$)/.test(route)
