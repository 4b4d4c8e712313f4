import { byId, call, confirmed, make } from './dom.js'

// Plays what happens to one athlete's activity at Strava, step by step, with the calls that tests use too.

/** Long enough to see each step arrive on the athlete's page. */
const pauseMs = 4000

/** The activity that the story of an account is about, from its late upload to its deletion. */
const subjects = new Map()

const quoted = ({ name }) => `“${name}”`

const athleteOf = async (account) => (await call('GET', '/athletes')).find((athlete) => athlete.account === account)

/** Without a late upload before it, a step is about the newest activity. */
const subjectOf = (athlete) => {
  const subject = subjects.get(athlete.account) ?? athlete.latest[0]
  if (!subject) throw new Error(`${athlete.account} has no activity`)
  return subject
}

/** A step says what happened, and whose webhook tells of it. `question`: it is asked before. */
const steps = [
  {
    id: 'late-upload',
    title: 'Late upload',
    play: async ({ account }) => {
      const activity = await call('POST', `/athletes/${account}/late-upload`, {})
      subjects.set(account, activity)
      return { happened: `${quoted(activity)} of three days ago is uploaded`, objectId: activity.id }
    },
  },
  {
    id: 'edit',
    title: 'Edit',
    play: async (athlete) => {
      const before = subjectOf(athlete)
      const name = `${before.name.replace(/, edited at .*/, '')}, edited at ${new Date().toLocaleTimeString()}`
      const after = await call('PATCH', `/activities/${before.id}`, { name })
      if (subjects.has(athlete.account)) subjects.set(athlete.account, after)
      return { happened: `${quoted(before)} is now ${quoted(after)}`, objectId: after.id }
    },
  },
  {
    id: 'delete',
    title: 'Delete',
    question: (athlete) => [`Delete ${quoted(subjectOf(athlete))} of ${athlete.name}?`, 'Delete'],
    play: async (athlete) => {
      const activity = subjectOf(athlete)
      subjects.delete(athlete.account)
      await call('DELETE', `/activities/${activity.id}`)
      return { happened: `${quoted(activity)} is deleted`, objectId: activity.id }
    },
  },
  {
    id: 'revoke',
    title: 'Revoke',
    question: (athlete) => [`Revoke the application for ${athlete.name}?`, 'Revoke'],
    play: async ({ account, name, stravaAthleteId }) => {
      const { revoked } = await call('POST', `/athletes/${account}/revoke`)
      const happened = revoked ? `${name} has revoked the application` : `${name} was not connected`
      return { happened, objectId: stravaAthleteId }
    },
  },
]

const wholeStory = (athlete) => [
  `Play late upload, edit, delete and revoke for ${athlete.name}? In the end the application is revoked.`,
  'Play',
]

/** What was played: each entry knows which of all webhooks were sent by its step. */
const entries = []

const sentSoFar = async () => (await call('GET', '/webhooks')).length

const play = async (step, account) => {
  const from = await sentSoFar()
  const { happened, objectId } = await step.play(await athleteOf(account))
  const webhooks = make('span', { className: 'state' })
  const entry = { objectId, from, to: await sentSoFar(), webhooks }
  entries.unshift(entry)
  byId('story').prepend(
    make(
      'li',
      {},
      make('time', { className: 'state', textContent: new Date().toLocaleTimeString() }),
      ` ${account}: ${happened} `,
      webhooks,
    ),
  )
}

/** Says at each step how its webhooks went. */
export const tellWebhooks = (deliveries) => {
  for (const { objectId, from, to, webhooks } of entries) {
    const sent = deliveries.slice(from, to).filter(({ event }) => event.object_id === objectId)
    const outcomes = sent.map(({ outcome }) => outcome.replace('_', ' ')).join(', ')
    webhooks.textContent = sent.length === 0 ? 'no webhook' : `webhook ${outcomes}`
  }
}

export const forgetStory = () => {
  subjects.clear()
  entries.length = 0
  byId('story').replaceChildren()
}

/** `act` runs what a button does, shows its failure, and `refresh` brings the page up to date. */
export const setUpStory = ({ act, refresh }) => {
  const group = byId('story-steps')
  const run = (played, question) => async () => {
    const account = byId('story-athlete').value
    const asked = question?.(await athleteOf(account))
    if (asked && !(await confirmed(...asked))) return
    group.disabled = true
    try {
      for (const [index, step] of played.entries()) {
        if (index > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        await play(step, account)
        await refresh()
      }
    } finally {
      group.disabled = false
    }
  }
  const button = (id, title, className, work) => {
    const node = make('button', { type: 'button', textContent: title, className })
    node.dataset.testid = `story-${id}`
    node.addEventListener('click', async () => {
      await act(work)
      // A group that was switched off has lost the focus.
      if (document.activeElement === document.body) node.focus()
    })
    return node
  }
  group.append(
    button('all', 'Play it all', 'primary', run(steps, wholeStory)),
    ...steps.map((step) => button(step.id, step.title, step.question ? 'danger' : '', run([step], step.question))),
  )
}
