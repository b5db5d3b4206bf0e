/** @typedef {Readonly<Record<string, string>>} Attributes */

/**
 * Makes an element. Children that are strings become text, whatever is in them.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/**
 * Finds an element of the page by its id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

/**
 * Changes a text only when it is another: what is selected stays selected, and nothing is announced anew.
 *
 * @param {Node} node
 * @param {string} text
 */
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text
}

/**
 * Sets an attribute, or removes it.
 *
 * @param {Element} node
 * @param {string} name
 * @param {string | undefined} value
 */
export const setAttribute = (node, name, value) => {
  if (value === undefined) node.removeAttribute(name)
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}

/**
 * Shows pairs of a name and a value in a list, and touches only what has changed.
 *
 * @param {HTMLElement} list a `dl`
 * @returns {(pairs: readonly (readonly [name: string, value: string | undefined])[]) => void} undefined values are left out
 */
export const pairsIn = (list) => {
  /** @type {Map<string, HTMLElement>} */
  const values = new Map()
  return (pairs) => {
    const shown = pairs.filter(([, value]) => value !== undefined)
    if (shown.length !== values.size || shown.some(([name]) => !values.has(name))) {
      values.clear()
      list.replaceChildren()
      for (const [name] of shown) {
        const value = element('dd')
        values.set(name, value)
        list.append(element('div', {}, element('dt', {}, name), value))
      }
    }
    for (const [name, value] of shown) {
      const node = values.get(name)
      if (node) setText(node, value ?? '')
    }
  }
}
