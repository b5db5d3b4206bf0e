import type { FastifyInstance, FastifyRequest } from 'fastify'
import { runtimeSections, type SectionName } from '../../../gateway/config/overrides/sections.ts'
import type { Author } from '../settings/change.ts'
import type { SettingsChange } from '../settings/settings.ts'
import type { Audit } from './audit.ts'
import { sectionDescriptions, settingsDescription } from './describe/config.ts'
import { noBody, noQuery } from './nothing.ts'

/** Said with every change in a pod of Kubernetes. */
const podNote = 'this holds for this pod alone, until it is replaced: lasting changes belong into its configuration'

/** `GET /admin/config`, and `GET`, `POST` and `DELETE /admin/config/{section}`. */
export const configRoutes = (app: FastifyInstance, audit: Audit): void => {
  const { admin, settings, clock, log } = app
  const note = process.env['KUBERNETES_SERVICE_HOST'] ? { note: podNote } : {}
  const names = Object.keys(runtimeSections) as SectionName[]

  const authorOf = ({ ip, id }: FastifyRequest): Author => ({
    by: 'admin',
    from: ip,
    requestId: id,
    at: new Date(clock.wallNow()).toISOString(),
  })
  const run = async (request: FastifyRequest, action: string, settle: () => Promise<SettingsChange>) => {
    const levelBefore = log.level
    const change = await settle()
    const values = (of: 'before' | 'after') => Object.fromEntries(change.changed.map((each) => [each.key, each[of]]))
    if (change.changed.length > 0)
      audit.changed(request, { action, before: values('before'), after: values('after') }, levelBefore)
    return { ...change, ...note }
  }

  admin.get('/admin/config', { config: { description: settingsDescription } }, () => ({
    sections: Object.fromEntries(names.map((name) => [name, settings.read(name)])),
    overrides: settings.overrides(),
    ...note,
  }))
  for (const name of names) {
    const change = (request: FastifyRequest) =>
      run(request, 'change settings', () => settings.change(name, request.body, authorOf(request)))
    const revert = (request: FastifyRequest) => run(request, 'return settings to the file', () => settings.revert(name))
    const descriptions = sectionDescriptions(name)
    admin.get(`/admin/config/${name}`, { config: { description: descriptions.read } }, () => settings.read(name))
    admin.post(`/admin/config/${name}`, { schema: noQuery, config: { description: descriptions.change } }, change)
    admin.delete(
      `/admin/config/${name}`,
      { schema: { ...noQuery, ...noBody }, config: { description: descriptions.revert } },
      revert,
    )
  }
}
