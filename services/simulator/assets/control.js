import { byId, call, confirmed, make } from './dom.js'
import { forgetStory, setUpStory, tellWebhooks } from './story.js'

// Fills the control page from /control/api and sends its buttons there.

/** What a button does, then the page as it is now; a failure is shown until the next button. */
const act = async (work) => {
  byId('problem').textContent = ''
  try {
    await work()
  } catch (error) {
    byId('problem').textContent = error.message
  }
  await look()
}

const button = (text, testId, work, className = '') => {
  const node = make('button', { type: 'button', textContent: text, className })
  node.dataset.testid = testId
  node.addEventListener('click', () => act(work))
  return node
}

/** For a button of which a list has many: what it is about is added for those who do not see the list. */
const buttonFor = (subject, ...rest) => {
  const node = button(...rest)
  node.setAttribute('aria-label', `${node.textContent}: ${subject}`)
  return node
}

const activityRow = (activity) => {
  const { id, name, visibility, invisible } = activity
  const edit = () => {
    const title = window.prompt('New title', name)
    return title ? call('PATCH', `/activities/${id}`, { name: title }) : Promise.resolve()
  }
  const toOnlyYou = () => call('PATCH', `/activities/${id}`, { private: !activity.private })
  const hide = () => call('PATCH', `/activities/${id}`, { invisible: !invisible })
  const remove = async () => {
    if (await confirmed(`Delete “${name}”?`, 'Delete')) await call('DELETE', `/activities/${id}`)
  }
  const seenBy = invisible ? 'invisible to the app' : visibility.replace('only_me', 'only you').replaceAll('_', ' ')
  return make(
    'tr',
    {},
    make('td', { textContent: activity.start_date_local.slice(0, 16).replace('T', ' ') }),
    make('td', { textContent: name }),
    make('td', { textContent: activity.sport_type }),
    make('td', { textContent: seenBy, className: invisible ? 'state' : '' }),
    make(
      'td',
      {},
      make(
        'div',
        { className: 'actions end' },
        buttonFor(name, 'Edit title', `edit-${id}`, edit),
        buttonFor(name, activity.private ? 'For everyone' : 'Only You', `hide-${id}`, toOnlyYou),
        buttonFor(name, invisible ? 'Show to app' : 'Hide from app', `invisible-${id}`, hide),
        buttonFor(name, 'Delete', `delete-${id}`, remove, 'danger'),
      ),
    ),
  )
}

const pageLink = ({ account }) => {
  const link = make('a', {
    href: byId('athlete-page').href,
    target: '_blank',
    rel: 'noopener',
    textContent: `Athlete's page (sign in as ${account})`,
  })
  link.dataset.testid = `page-${account}`
  return link
}

/** Whose activities are unfolded or folded by hand. */
const unfolded = new Map()

const isWide = matchMedia('(min-width: 60rem)')

/** On a narrow page only the athletes who are connected have them unfolded at first. */
const activityTable = ({ account, name, connected, latest, activityCount }) => {
  const table = make('table', { className: 'activities' }, make('tbody', {}, ...latest.map(activityRow)))
  const summary = make('summary', { textContent: `Newest of ${activityCount} activities` })
  summary.dataset.testid = `activities-${account}`
  summary.setAttribute('aria-label', `${summary.textContent} of ${name}`)
  const details = make('details', { open: unfolded.get(account) ?? (isWide.matches || connected) }, summary, table)
  summary.addEventListener('click', () => unfolded.set(account, !details.open))
  return details
}

const athleteCard = (athlete) => {
  const { account, name, connected } = athlete
  const path = `/athletes/${account}`
  const state = connected ? `connected: ${athlete.scopes.join(', ')}` : 'not connected'
  const revoke = async () => {
    if (await confirmed(`Revoke the application for ${name}?`, 'Revoke')) await call('POST', `${path}/revoke`)
  }
  const whileConnected = (node) => Object.assign(node, { disabled: !connected })
  const card = make(
    'article',
    { className: 'card' },
    make(
      'div',
      { className: 'athlete-head' },
      make('h3', { textContent: `${name} (${account})` }),
      make('span', { className: connected ? 'state on' : 'state', textContent: state }),
    ),
    make('p', {
      className: 'hint',
      textContent: `${athlete.about} · Strava id ${athlete.stravaAthleteId}`,
    }),
    make('p', {}, pageLink(athlete)),
    activityTable(athlete),
    make(
      'p',
      { className: 'actions' },
      buttonFor(name, 'Add activity', `add-${account}`, () => call('POST', `${path}/activities`, {}), 'primary'),
      buttonFor(name, 'Late upload', `late-${account}`, () => call('POST', `${path}/late-upload`, {})),
      whileConnected(
        buttonFor(name, 'End access tokens', `expire-${account}`, () => call('POST', `${path}/expire-tokens`)),
      ),
      whileConnected(buttonFor(name, 'Revoke at Strava', `revoke-${account}`, revoke, 'danger')),
    ),
  )
  card.dataset.testid = `athlete-${account}`
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
  ['Slow (5 s)', { effect: { kind: 'latency', latencyMs: 5000 } }],
  ['Connections cut', { effect: { kind: 'cut' } }],
  ['Answers cut in the middle', { effect: { kind: 'half_answer', ending: 'cut' } }],
  ['Half a JSON', { effect: { kind: 'half_answer', ending: 'clean' } }],
  ['Access tokens dead', { effect: { kind: 'token_dead' } }],
  ['One code refused unspent', { endpoint: 'token', effect: { kind: 'code_invalid' }, times: 1 }],
  ['Tokens without the athlete', { endpoint: 'token', effect: { kind: 'without_athlete' } }],
  ['One lost refresh answer', { endpoint: 'refresh', effect: { kind: 'drop_response' }, times: 1 }],
  ['Every fifth call fails', { effect: { kind: 'status', status: 502, body: 'html' }, probability: 0.2 }],
]

const describeRule = (rule) => {
  const { kind, ...details } = rule.effect
  const special = Object.values(details).filter((value) => value !== 'fault' && value !== 'before_work')
  const often = rule.times ? `, ${rule.times} more` : rule.probability ? `, ${rule.probability * 100} %` : ''
  const whose = rule.athlete ? ` of ${rule.athlete}` : ''
  return `${rule.endpoint}${whose}: ${[kind, ...special].join(' ').replaceAll('_', ' ')}${often}`
}

/** A preset hits every athlete or the chosen one alone. */
const switchOn = (rules, preset) => {
  const athlete = byId('fault-athlete').value
  return call('PUT', '/faults', { rules: [...rules, athlete === '' ? preset : { ...preset, athlete }] })
}

const faultList = ({ faults, held }) => [
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
  ...(held.length === 0
    ? []
    : [
        make(
          'div',
          { className: 'row' },
          make('span', { textContent: `Calls that are held: ${held.length}` }),
          button('Let them go', 'release-held', () => call('POST', '/held/release'), 'small'),
        ),
      ]),
  make('p', { className: 'hint', textContent: faults.rules.length === 0 ? 'None. Switch one on:' : 'Switch on:' }),
  make(
    'p',
    { className: 'actions' },
    ...presets.map(([text, rule], index) =>
      button(text, `fault-${index}`, () => switchOn(faults.rules, rule), 'small'),
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
  choice('Hidden starts are listed by', 'listed-by', behaviour.listedBy, ['shown_start', 'true_start'], (listedBy) => ({
    listedBy,
  })),
  tick('Returns say what was granted', 'scope-in-return', behaviour.scopeInReturn, (scopeInReturn) => ({
    scopeInReturn,
  })),
  tick('Short pages', 'short-pages', behaviour.shortPages, (shortPages) => ({ shortPages })),
  tick('Webhooks are sent', 'webhooks-enabled', behaviour.webhooks.enabled, (enabled) => ({ webhooks: { enabled } })),
  tick('Every webhook twice', 'webhooks-doubled', behaviour.webhooks.doubled > 0, (on) => ({
    webhooks: { doubled: on ? 1 : 0 },
  })),
  tick('Half of all webhooks lost', 'webhooks-lost', behaviour.webhooks.lost > 0, (on) => ({
    webhooks: { lost: on ? 0.5 : 0 },
  })),
  tick('Webhooks 10 s late', 'webhooks-late', behaviour.webhooks.delayMs > 0, (on) => ({
    webhooks: { delayMs: on ? 10_000 : 0 },
  })),
  tick('Webhooks out of order', 'webhooks-shuffled', behaviour.webhooks.outOfOrder > 0, (on) => ({
    webhooks: { outOfOrder: on ? 0.5 : 0 },
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

/** What each section shows now. */
const shown = new Map()

// What is about to be pressed must not be replaced under the finger; one that touches does not hover.
const inUse = matchMedia('(hover: hover)').matches ? 'button:hover, select:focus' : 'button:active, select:focus'

/** Fills the sections anew; unless something was `pressed`, only those whose data have changed and nobody is using. */
const refresh = async ({ pressed } = { pressed: true }) => {
  const [athletes, clock, limits, faults, held, calls, webhooks] = await Promise.all(
    ['/athletes', '/clock', '/limits', '/faults', '/held', '/calls', '/webhooks'].map((path) => call('GET', path)),
  )
  const fill = (id, data, nodesOf) => {
    const section = byId(id)
    const text = JSON.stringify(data)
    if (!pressed && (shown.get(id) === text || section.querySelector(inUse))) return
    const focused = section.contains(document.activeElement) ? document.activeElement.dataset.testid : undefined
    shown.set(id, text)
    section.replaceChildren(...nodesOf(data))
    if (focused) section.querySelector(`[data-testid="${focused}"]`)?.focus()
  }
  fill('athletes', athletes, (all) => all.map(athleteCard))
  fill('clock', clock, clockRows)
  fill('quota', limits, quotaRows)
  fill('faults', { faults, held }, faultList)
  fill('behaviour', faults, behaviourSwitches)
  fill('calls', calls, (summary) => [countTable(summary)])
  fill('webhooks', webhooks, (deliveries) => [webhookTable(deliveries)])
  tellWebhooks(webhooks)
}

byId('all-good').addEventListener('click', () => act(() => call('POST', '/all-good-again')))
byId('reset').addEventListener('click', () =>
  act(async () => {
    if (!(await confirmed('Reset the whole simulation?', 'Reset'))) return
    await call('POST', '/reset')
    forgetStory()
  }),
)
setUpStory({ act, refresh })

const look = async (how) => {
  try {
    await refresh(how)
    byId('connection').textContent = ''
  } catch {
    byId('connection').textContent = 'The simulator does not answer.'
  }
}
setInterval(() => {
  // A dialog that closes gives the focus back to the button it was opened with, if that is still there.
  if (!document.hidden && !document.querySelector('dialog[open]')) look({ pressed: false })
}, 3000)
await look()
