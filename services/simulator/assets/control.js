// Fills the control page from /control/api and sends its buttons there. No state of its own: every change reloads.

const byId = (id) => document.getElementById(id)

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

const call = async (method, path, body) => {
  const response = await fetch(`/control/api${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`)
  return response.status === 204 ? null : response.json()
}

const act = async (work) => {
  try {
    await work()
    await refresh()
  } catch (error) {
    byId('connection').className = 'problem'
    byId('connection').textContent = error.message
  }
}

const button = (text, testId, work, className = '') => {
  const node = make('button', { type: 'button', textContent: text, className })
  node.dataset.testid = testId
  node.addEventListener('click', () => act(work))
  return node
}

const activityRow = (activity) => {
  const edit = () => {
    const name = window.prompt('New title', activity.name)
    return name ? call('PATCH', `/activities/${activity.id}`, { name }) : Promise.resolve()
  }
  const toggle = () => call('PATCH', `/activities/${activity.id}`, { private: !activity.private })
  return make(
    'tr',
    {},
    make('td', { textContent: activity.start_date_local.slice(0, 16).replace('T', ' ') }),
    make('td', { textContent: activity.name }),
    make('td', { textContent: activity.sport_type }),
    make('td', { textContent: activity.visibility.replaceAll('_', ' ') }),
    make(
      'td',
      { className: 'right' },
      button('Edit title', `edit-${activity.id}`, edit),
      ' ',
      button(activity.private ? 'Show' : 'Hide', `hide-${activity.id}`, toggle),
      ' ',
      button('Delete', `delete-${activity.id}`, () => call('DELETE', `/activities/${activity.id}`), 'danger'),
    ),
  )
}

const athleteCard = (athlete) => {
  const path = `/athletes/${athlete.account}`
  const state = athlete.connected ? `connected: ${athlete.scopes.join(', ')}` : 'not connected'
  const card = make(
    'article',
    { className: 'card' },
    make(
      'div',
      { className: 'athlete-head' },
      make('h3', { textContent: `${athlete.name} (${athlete.account})` }),
      make('span', { className: athlete.connected ? 'state on' : 'state', textContent: state }),
    ),
    make('p', {
      className: 'hint',
      textContent: `${athlete.about} · ${athlete.activityCount} activities · Strava id ${athlete.stravaAthleteId}`,
    }),
    make('table', { className: 'activities' }, make('tbody', {}, ...athlete.latest.map(activityRow))),
    make(
      'p',
      { className: 'actions' },
      button('Add activity', `add-${athlete.account}`, () => call('POST', `${path}/activities`, {}), 'primary'),
      button('Late upload', `late-${athlete.account}`, () => call('POST', `${path}/late-upload`, {})),
      button('Revoke at Strava', `revoke-${athlete.account}`, () => call('POST', `${path}/revoke`), 'danger'),
    ),
  )
  card.dataset.testid = `athlete-${athlete.account}`
  return card
}

const clockRows = ({ time, offsetMs }) => {
  const advance = (text, testId, seconds) =>
    button(text, testId, () => call('POST', '/clock/advance', { seconds }), 'small')
  const offset = offsetMs === 0 ? 'as the real one' : `${Math.round(offsetMs / 1000)} s from the real one`
  return [
    make('p', { className: 'hint', textContent: `${time.slice(0, 19).replace('T', ' ')} UTC, ${offset}` }),
    make(
      'p',
      { className: 'actions' },
      advance('+ 15 min', 'clock-quarter', 900),
      advance('+ 6 h', 'clock-token', 21_600),
      button('Real time', 'clock-real', () => call('PUT', '/clock', { offsetMs: 0 }), 'small'),
    ),
  ]
}

const quotaRows = ({ limits, usage }) =>
  ['overall', 'read'].flatMap((bucket) =>
    [
      ['quarterHour', '15 min'],
      ['day', 'day'],
    ].map(([window, label]) => {
      const used = usage[bucket][window]
      const limit = limits[bucket][window]
      const meter = make('meter', { min: 0, max: Math.max(limit, 1), value: used })
      meter.setAttribute('aria-label', `${bucket}, ${label}: ${used} of ${limit}`)
      return make('p', { className: 'hint' }, `${bucket}, ${label}: ${used} of ${limit}`, make('br'), meter)
    }),
  )

const presets = [
  ['Strava down (503)', { effect: { kind: 'status', status: 503, body: 'html' } }],
  ['App inactive', { effect: { kind: 'app_inactive' } }],
  ['Rate limited (429)', { endpoint: 'activities', effect: { kind: 'status', status: 429 } }],
  ['Connections cut', { effect: { kind: 'cut' } }],
  ['One lost refresh answer', { endpoint: 'refresh', effect: { kind: 'drop_response' }, times: 1 }],
  ['Every fifth call fails', { effect: { kind: 'status', status: 502, body: 'html' }, probability: 0.2 }],
]

const describeRule = (rule) => {
  const { kind, ...details } = rule.effect
  const often = rule.times ? `, ${rule.times} more` : rule.probability ? `, ${rule.probability * 100} %` : ''
  return `${rule.endpoint}: ${kind.replaceAll('_', ' ')} ${Object.values(details).join(' ')}${often}`
}

const faultList = (faults) => [
  ...faults.rules.map((rule, index) =>
    make(
      'div',
      { className: 'row' },
      make('span', { textContent: describeRule(rule) }),
      button(
        'Remove',
        `remove-fault-${index}`,
        () => call('PUT', '/faults', { rules: faults.rules.filter((_, other) => other !== index) }),
        'small',
      ),
    ),
  ),
  make('p', { className: 'hint', textContent: faults.rules.length === 0 ? 'None. Switch one on:' : 'Switch on:' }),
  make(
    'p',
    { className: 'actions' },
    ...presets.map(([text, rule], index) =>
      button(text, `fault-${index}`, () => call('PUT', '/faults', { rules: [...faults.rules, rule] }), 'small'),
    ),
  ),
]

const choice = (text, testId, value, values, change) => {
  const select = make('select', {}, ...values.map((each) => make('option', { value: each, textContent: each })))
  select.value = value
  select.dataset.testid = testId
  select.addEventListener('change', () => act(() => call('PUT', '/faults', { behaviour: change(select.value) })))
  return make('div', { className: 'row' }, make('label', {}, text, select))
}

const tick = (text, testId, checked, change) => {
  const box = make('input', { type: 'checkbox', checked })
  box.dataset.testid = testId
  box.addEventListener('change', () => act(() => call('PUT', '/faults', { behaviour: change(box.checked) })))
  return make('div', { className: 'row' }, make('label', {}, box, text))
}

const behaviourSwitches = ({ behaviour }) => [
  choice('Refresh tokens rotate', 'rotation', behaviour.refreshRotation, ['always', 'sometimes', 'never'], (value) => ({
    refreshRotation: value,
  })),
  choice(
    'Rate headers',
    'rate-headers',
    behaviour.rateHeaders,
    ['normal', 'missing', 'empty', 'mixed_case'],
    (value) => ({
      rateHeaders: value,
    }),
  ),
  tick('Short pages', 'short-pages', behaviour.shortPages, (shortPages) => ({ shortPages })),
  tick('Webhooks are sent', 'webhooks-enabled', behaviour.webhooks.enabled, (enabled) => ({ webhooks: { enabled } })),
  tick('Every webhook twice', 'webhooks-doubled', behaviour.webhooks.doubled > 0, (on) => ({
    webhooks: { doubled: on ? 1 : 0 },
  })),
  tick('Half of all webhooks lost', 'webhooks-lost', behaviour.webhooks.lost > 0, (on) => ({
    webhooks: { lost: on ? 0.5 : 0 },
  })),
]

const countTable = ({ total, counts }) =>
  total === 0
    ? make('p', { className: 'hint', textContent: 'None yet.' })
    : make(
        'table',
        {},
        make(
          'tbody',
          {},
          ...Object.entries(counts).flatMap(([endpoint, byStatus]) =>
            Object.entries(byStatus).map(([status, count]) =>
              make(
                'tr',
                {},
                make('td', { textContent: endpoint }),
                make('td', { textContent: status === '0' ? 'cut' : status }),
                make('td', { className: 'right', textContent: String(count) }),
              ),
            ),
          ),
        ),
      )

const webhookTable = (deliveries) =>
  deliveries.length === 0
    ? make('p', { className: 'hint', textContent: 'None sent.' })
    : make(
        'table',
        {},
        make(
          'tbody',
          {},
          ...deliveries
            .slice(-6)
            .reverse()
            .map(({ event, outcome }) =>
              make(
                'tr',
                {},
                make('td', { textContent: `${event.object_type} ${event.aspect_type}` }),
                make('td', { textContent: String(event.object_id) }),
                make('td', { className: 'right', textContent: outcome.replace('_', ' ') }),
              ),
            ),
        ),
      )

const refresh = async () => {
  const [athletes, clock, limits, faults, calls, webhooks] = await Promise.all(
    ['/athletes', '/clock', '/limits', '/faults', '/calls', '/webhooks'].map((path) => call('GET', path)),
  )
  const focused = document.activeElement?.dataset.testid
  byId('athletes').replaceChildren(...athletes.map(athleteCard))
  byId('clock').replaceChildren(...clockRows(clock))
  byId('quota').replaceChildren(...quotaRows(limits))
  byId('faults').replaceChildren(...faultList(faults))
  byId('behaviour').replaceChildren(...behaviourSwitches(faults))
  byId('calls').replaceChildren(countTable(calls))
  byId('webhooks').replaceChildren(webhookTable(webhooks))
  if (focused) document.querySelector(`[data-testid="${focused}"]`)?.focus()
  byId('connection').className = ''
  byId('connection').textContent = ''
}

byId('reset').addEventListener('click', () => act(() => call('POST', '/reset')))

// What is about to be pressed must not be replaced under the finger.
const userIsBusy = () => document.hidden || document.querySelector('button:hover, select:focus') !== null
setInterval(() => {
  if (!userIsBusy()) act(() => Promise.resolve())
}, 3000)
await act(() => Promise.resolve())
