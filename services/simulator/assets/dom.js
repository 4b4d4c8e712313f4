// What the parts of the control page share: elements, calls of the control API, and the question before what cannot be undone.

export const byId = (id) => document.getElementById(id)

export const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

/** Resolves to the answer's JSON; an answer that is no success throws with what it says is wrong. */
export const call = async (method, path, body) => {
  const response = await fetch(`/control/api${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  if (!response.ok) {
    const { message } = await response.json().catch(() => ({}))
    throw new Error(message ?? `${method} ${path} answered ${response.status}`)
  }
  return response.status === 204 ? null : response.json()
}

/** Whether the person agrees; Escape means no, and is where Enter leads at first. */
export const confirmed = (question, agreement) => {
  const dialog = byId('confirm')
  byId('confirm-question').textContent = question
  byId('confirm-yes').textContent = agreement
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
