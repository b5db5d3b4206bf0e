import { byId, setAttribute, setText } from './dom.js'
import { ask, codeOf, isTokenInDoubt, messageOf, token } from './request.js'

/**
 * @typedef {object} Action
 * @property {string} title what the button says, in full
 * @property {string} text what it does to whom
 * @property {string} [done] what to say afterwards; by default the dialog is closed
 * @property {string} method
 * @property {string} path
 * @property {unknown} [body]
 * @property {string} [forcePath] asked instead after a 409 that the operator overrules
 */

/** Refusals that can be overruled, in the words of this page: those of the API speak of its parameters. */
const refusals = /** @type {Readonly<Record<string, string>>} */ ({
  EG_LAST_TIER: 'Not done: nothing else of the chain can compute now, so requests would fail until you undo this.',
})

/** What can be sent as one. */
const tokenPattern = /^[!-~]+$/

/**
 * Asks before an action, for the token too where there is none, and shows the answer.
 *
 * @param {() => void} onAnswer called after each answer, and where none came
 */
export const confirmDialog = (onAnswer) => {
  const dialog = /** @type {HTMLDialogElement} */ (byId('dialog'))
  const form = byId('dialog-form')
  const answer = byId('dialog-answer')
  const confirm = /** @type {HTMLButtonElement} */ (byId('dialog-confirm'))
  const tokenLabel = byId('dialog-token-label')
  const tokenInput = /** @type {HTMLInputElement} */ (byId('dialog-token'))
  const cancel = byId('dialog-cancel')
  /** @type {{ action: Action, path: string } | undefined} what is asked; undefined while the dialog is closed */
  let current

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
  const finish = (/** @type {string | undefined} */ text) => {
    if (text === undefined) return dialog.close()
    say(text, 'good')
    confirm.hidden = true
    wantToken(false)
    cancel.focus()
  }
  /** @param {{ action: Action, path: string }} asked @param {import('./request.js').Answer | undefined} answered */
  const show = (asked, answered) => {
    const { done, forcePath } = asked.action
    if (!answered) return say('No answer from the gateway. Whether it was done is not known.', 'bad')
    const { status } = answered
    if (status < 300) return finish(done)
    if (status === 401) {
      token.forget()
      wantToken(true)
    }
    if (status === 409 && forcePath !== undefined && asked.path !== forcePath) {
      asked.path = forcePath
      wantToken(false)
      confirm.textContent = 'Do it all the same'
      return say(refusals[codeOf(answered) ?? ''] ?? messageOf(answered), 'warn')
    }
    say(`${isTokenInDoubt(status) ? 'Refused' : 'Not done'}: ${messageOf(answered)}`, 'bad')
  }
  const send = async () => {
    const asked = current
    if (!asked) return
    const given = tokenLabel.hidden ? undefined : tokenInput.value.trim()
    if (given === '') return say('The token is missing.', 'bad')
    if (given !== undefined && !tokenPattern.test(given))
      return say('This cannot be the token: it has spaces, or characters that are not ASCII.', 'bad')
    confirm.disabled = true
    // It can no longer be called off.
    setText(cancel, 'Close')
    say('Asking …')
    const { method, body } = asked.action
    const answered = await ask(method, asked.path, { body, as: given }).catch(() => undefined)
    if (answered && given !== undefined && !isTokenInDoubt(answered.status)) token.set(given)
    onAnswer()
    // The operator has gone on to something else: the page shows what came of it.
    if (current !== asked) return
    confirm.disabled = false
    show(asked, answered)
  }
  /** @param {Action} action @param {string} button */
  const open = (action, button) => {
    current = { action, path: action.path }
    setText(byId('dialog-title'), action.title)
    setText(byId('dialog-text'), action.text)
    confirm.textContent = button
    confirm.hidden = false
    confirm.disabled = false
    setText(cancel, 'Cancel')
    say('')
    dialog.showModal()
    const wanted = token.get() === undefined
    wantToken(wanted)
    if (!wanted) confirm.focus()
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send()
  })
  cancel.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    current = undefined
  })
  return {
    /** @param {Action} action */
    act: (action) => open(action, action.title),
    askForToken: () => open(tokenCheck, 'Use it'),
  }
}

/** @type {Action} */
const tokenCheck = {
  title: 'Admin token',
  text: 'The gateway has it in dataDir/admin-token, or its configuration.',
  method: 'GET',
  path: '/admin/status',
}
