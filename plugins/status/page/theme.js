import { byId, setText } from './dom.js'

const key = 'embedgate-theme'
const choices = ['system', 'light', 'dark']

/**
 * The switch between the themes. What was chosen is remembered.
 *
 * @param {() => void} onChange called after every change, the system's own too
 */
export const themeSwitch = (onChange) => {
  const button = byId('theme')
  const saved = localStorage.getItem(key) ?? 'system'
  let choice = choices.includes(saved) ? saved : 'system'
  const apply = () => {
    document.documentElement.dataset['theme'] = choice
    setText(button, `Theme: ${choice}`)
    onChange()
  }
  button.addEventListener('click', () => {
    choice = choices[(choices.indexOf(choice) + 1) % choices.length] ?? 'system'
    localStorage.setItem(key, choice)
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  apply()
}
