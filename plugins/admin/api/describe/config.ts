import { Type } from 'typebox'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'
import { emptyBody } from './empty-body.ts'

const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])
const section = Type.Record(Type.String(), Type.Unknown(), { description: 'The keys of the configuration.' })
const note = Type.Optional(Type.String({ description: 'In Kubernetes: that changes hold for this pod alone.' }))

const override = Type.Object({
  key: Type.String({ description: 'e.g. `breaker.burst.failures`.' }),
  value: scalar,
  fileValue: scalar,
  by: Type.String(),
  from: Type.String({ description: 'Address of the request.' }),
  requestId: Type.String(),
  at: Type.String({ description: 'ISO 8601.' }),
})

const change = Type.Object({
  settings: section,
  changed: Type.Array(Type.Object({ key: Type.String(), before: scalar, after: scalar })),
  note,
})

/** `GET /admin/config` */
export const settingsDescription: RouteDescription = {
  operationId: 'getSettings',
  tag: 'settings',
  summary: 'What can be changed while the gateway runs, and what has been',
  answers: {
    200: {
      description: 'Sections by name, and every key that differs from the file.',
      schema: Type.Object({
        sections: Type.Record(Type.String(), section),
        overrides: Type.Array(override),
        note,
      }),
    },
  },
}

/** `GET`, `POST` and `DELETE /admin/config/{section}` */
export const sectionDescriptions = (name: string): Readonly<Record<'read' | 'change' | 'revert', RouteDescription>> => {
  const id = name.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return {
    read: {
      operationId: `get${id}Settings`,
      tag: 'settings',
      summary: `Settings: ${name}`,
      description: 'What this answers can be posted back.',
      answers: { 200: { description: 'As they are now.', schema: section } },
    },
    change: {
      operationId: `change${id}Settings`,
      tag: 'settings',
      key: 'always',
      summary: `Changes settings: ${name}`,
      description:
        'Keys that are left out stay. The whole configuration is checked, then all is changed or nothing, and kept across restarts.',
      body: { schema: section },
      answers: { 200: { description: 'Changed.', schema: change } },
      errors: { EG_CONFIG_NOT_SAVED: null },
    },
    revert: {
      operationId: `revert${id}Settings`,
      tag: 'settings',
      key: 'always',
      summary: `Returns settings to the file: ${name}`,
      body: emptyBody,
      answers: { 200: { description: 'Returned.', schema: change } },
      errors: { EG_CONFIG_NOT_SAVED: null },
    },
  }
}
