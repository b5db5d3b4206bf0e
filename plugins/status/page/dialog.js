import { byId, setAttribute, setText } from './dom.js'
import { ask, token } from './request.js'

/**
 * @typedef {object} Action
 * @property {string} title what the button says, in full
 * @property {string} text what it does to whom
 * @property {string} done what to say afterwards
 * @property {string} method
 * @property {string} path
 * @property {unknown} [body]
 * @property {string} [forcePath] asked instead after a 409 that the operator overrules
 */

/**
 * Asks before an action, for the token too where there is none, and shows the answer.
 *
 * @param {() => void} onDone called after an action that was done
 */
export const confirmDialog = (onDone) => {
  const dialog = /** @type {HTMLDialogElement} */ (byId('dialog'))
  const form = byId('dialog-form')
  const answer = byId('dialog-answer')
  const confirm = /** @type {HTMLButtonElement} */ (byId('dialog-confirm'))
  const tokenLabel = byId('dialog-token-label')
  const tokenInput = /** @type {HTMLInputElement} */ (byId('dialog-token'))
  /** @type {Action | undefined} undefined: only the token is asked */
  let action
  let path = ''

  /** @param {string} text @param {'good' | 'warn' | 'bad'} [tone] */
  const say = (text, tone) => {
    setAttribute(answer, 'data-tone', tone)
    setText(answer, text)
  }
  const wantToken = (/** @type {boolean} */ wanted) => {
    tokenLabel.hidden = !wanted
    tokenInput.value = ''
    if (wanted) tokenInput.focus()
  }
  const finish = (/** @type {string} */ text) => {
    say(text, 'good')
    confirm.hidden = true
    wantToken(false)
    byId('dialog-cancel').textContent = 'Close'
    byId('dialog-cancel').focus()
    onDone()
  }
  const send = async () => {
    if (!tokenLabel.hidden) {
      if (tokenInput.value === '') return say('The token is missing.', 'bad')
      token.set(tokenInput.value)
    }
    if (!action) {
      dialog.close()
      return onDone()
    }
    confirm.disabled = true
    say('Asking …')
    try {
      const { status, body } = await ask(action.method, path, action.body)
      if (status < 300) finish(action.done)
      else if (status === 401 || status === 403) {
        token.forget()
        wantToken(true)
        say(`Refused: ${messageOf(body, status)}`, 'bad')
      } else if (status === 409 && action.forcePath !== undefined && path !== action.forcePath) {
        path = action.forcePath
        wantToken(false)
        confirm.textContent = 'Do it all the same'
        say(messageOf(body, status), 'warn')
      } else say(`Not done: ${messageOf(body, status)}`, 'bad')
    } catch {
      say('No answer from the gateway. Whether it was done is not known.', 'bad')
    } finally {
      confirm.disabled = false
    }
  }
  /** @param {Action | undefined} next @param {string} title @param {string} text @param {string} button */
  const open = (next, title, text, button) => {
    action = next
    path = next?.path ?? ''
    setText(byId('dialog-title'), title)
    setText(byId('dialog-text'), text)
    confirm.textContent = button
    confirm.hidden = false
    byId('dialog-cancel').textContent = 'Cancel'
    say('')
    dialog.showModal()
    const wanted = next === undefined || token.get() === undefined
    wantToken(wanted)
    if (!wanted) confirm.focus()
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send()
  })
  byId('dialog-cancel').addEventListener('click', () => dialog.close())
  return {
    /** @param {Action} next */
    act: (next) => open(next, next.title, next.text, next.title),
    askForToken: () =>
      open(undefined, 'Admin token', 'The gateway has it in dataDir/admin-token, or its configuration.', 'Use it'),
  }
}

/**
 * @param {unknown} body
 * @param {number} status
 */
const messageOf = (body, status) => {
  const { error } = /** @type {{ error?: { message?: string, code?: string } }} */ (body ?? {})
  return error?.message === undefined ? `status ${status}` : `${error.message} (${error.code ?? status})`
}
