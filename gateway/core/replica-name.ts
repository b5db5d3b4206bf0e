/** A replica, as health, reports and commands name it: `gpu` for the first, `gpu/1` for the next. */
export const replicaName = (backend: string, replica: number): string =>
  replica === 0 ? backend : `${backend}/${replica}`
