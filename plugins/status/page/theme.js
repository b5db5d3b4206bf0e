import { byId, setText } from './dom.js'
import { remembered } from './remembered.js'

const chosen = remembered('localStorage', 'embedgate-theme')
const choices = ['system', 'light', 'dark']

/**
 * The switch between the themes. What was chosen is remembered.
 *
 * @param {() => void} onChange called after every change, the system's own too
 */
export const themeSwitch = (onChange) => {
  const button = byId('theme')
  const saved = chosen.get() ?? 'system'
  let choice = choices.includes(saved) ? saved : 'system'
  const apply = () => {
    document.documentElement.dataset['theme'] = choice
    setText(button, `Theme: ${choice}`)
    onChange()
  }
  button.addEventListener('click', () => {
    choice = choices[(choices.indexOf(choice) + 1) % choices.length] ?? 'system'
    chosen.set(choice)
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  apply()
}
