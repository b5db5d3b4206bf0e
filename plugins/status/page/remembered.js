/**
 * One value that the browser keeps: in its storage, or while the page is open where a browser lets nothing be stored.
 *
 * @param {'localStorage' | 'sessionStorage'} area
 * @param {string} key
 */
export const remembered = (area, key) => {
  /** @type {string | undefined} */
  let held
  /** @param {(storage: Storage) => string | null | void} use */
  const stored = (use) => {
    try {
      return use(window[area]) ?? undefined
    } catch {
      return undefined
    }
  }
  return {
    get: () => held ?? stored((storage) => storage.getItem(key)),
    /** @param {string} value */
    set: (value) => {
      held = value
      stored((storage) => storage.setItem(key, value))
    },
    forget: () => {
      held = undefined
      stored((storage) => storage.removeItem(key))
    },
  }
}
