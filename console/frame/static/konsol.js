// Small comforts of the console. Every page works without this file.
'use strict'

// data-confirm on a form or button asks before it is sent.
document.addEventListener('submit', (event) => {
  const text = event.submitter?.dataset.confirm ?? event.target.dataset.confirm
  if (text && !window.confirm(text)) {
    event.preventDefault()
    return
  }
  // A second press of the same button is not a second wish.
  if (!event.defaultPrevented && event.target.method === 'post' && !event.target.dataset.again) {
    if (event.target.dataset.sent) event.preventDefault()
    event.target.dataset.sent = '1'
    setTimeout(() => delete event.target.dataset.sent, 5000)
  }
})

// data-copy="#id" copies a text; data-submit sends the form when it changes.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]')
  if (!button) return
  const from = document.querySelector(button.dataset.copy)
  try {
    await navigator.clipboard.writeText(from.value ?? from.textContent.trim())
    const said = button.textContent
    button.textContent = button.dataset.copied ?? '✓'
    setTimeout(() => (button.textContent = said), 2000)
  } catch {
    window.getSelection().selectAllChildren(from)
  }
})
document.addEventListener('change', (event) => {
  if (event.target.closest('[data-submit]')) event.target.form?.requestSubmit()
})

// data-all on a box ticks all boxes of its table.
document.addEventListener('change', (event) => {
  if (!event.target.matches('[data-all]')) return
  for (const box of event.target.closest('table').querySelectorAll('tbody input[type=checkbox]')) box.checked = event.target.checked
})

// / goes to the search of the page, as on the sites that people know.
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.matches('input, textarea, select, [contenteditable]')) return
  const search = document.querySelector('main input[type=search]')
  if (!search) return
  event.preventDefault()
  search.focus()
})

// What was sent before the visitor came back with the back button may be sent again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})
