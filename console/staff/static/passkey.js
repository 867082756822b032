// Passkeys: asks the server for a challenge, the browser for an answer, and
// brings the answer back. Buttons with data-passkey stay hidden without it.
'use strict'

{
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

  const post = async (url, body) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body ?? {}) })
    // The proof of who it is was too old, or the session is over: the page says so.
    if (answer.redirected) { location.assign(answer.url); return null }
    const json = (answer.headers.get('Content-Type') ?? '').startsWith('application/json') ? await answer.json() : {}
    if (!answer.ok) throw new Error(json.message ?? '')
    return json
  }

  const create = async (options) => {
    const key = options.publicKey
    key.challenge = bytes(key.challenge)
    key.user.id = bytes(key.user.id)
    for (const c of key.excludeCredentials ?? []) c.id = bytes(c.id)
    const made = await navigator.credentials.create({ publicKey: key })
    return {
      id: made.id, rawId: text(made.rawId), type: made.type, authenticatorAttachment: made.authenticatorAttachment, clientExtensionResults: made.getClientExtensionResults(),
      response: {
        clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject),
        transports: made.response.getTransports?.() ?? [],
      },
    }
  }

  const get = async (options) => {
    const key = options.publicKey
    key.challenge = bytes(key.challenge)
    for (const c of key.allowCredentials ?? []) c.id = bytes(c.id)
    const got = await navigator.credentials.get({ publicKey: key })
    return {
      id: got.id, rawId: text(got.rawId), type: got.type, authenticatorAttachment: got.authenticatorAttachment, clientExtensionResults: got.getClientExtensionResults(),
      response: {
        clientDataJSON: text(got.response.clientDataJSON), authenticatorData: text(got.response.authenticatorData),
        signature: text(got.response.signature), userHandle: got.response.userHandle ? text(got.response.userHandle) : undefined,
      },
    }
  }

  const run = async (button) => {
    const said = document.getElementById(button.dataset.said)
    said.hidden = true
    const name = button.dataset.name ? document.getElementById(button.dataset.name) : null
    if (name && !name.reportValidity()) return
    button.disabled = true
    try {
      const question = await post(button.dataset.passkey)
      if (!question) return
      const credential = await (name ? create : get)(question.options)
      const answer = await post(button.dataset.passkey + '/selesai', { token: question.token, name: name?.value, next: button.dataset.next, credential })
      if (!answer) return
      location.assign(answer.next)
      if (answer.next.includes('#')) location.reload()
    } catch (error) {
      said.textContent = (error instanceof DOMException ? '' : error.message) || button.dataset.failed
      said.hidden = false
    } finally {
      button.disabled = false
    }
  }

  if (window.PublicKeyCredential) {
    for (const button of document.querySelectorAll('[data-passkey]')) {
      for (const part of document.querySelectorAll(`[data-with="${button.id}"]`)) part.hidden = false
      button.hidden = false
      button.addEventListener('click', () => run(button))
    }
  }
}
