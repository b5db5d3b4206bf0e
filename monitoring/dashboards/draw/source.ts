/** The data source that is chosen at the top of a dashboard. */
export const source = { type: 'prometheus', uid: '${datasource}' } as const
