import type { Board } from '../board.ts'

export const programme: Board = {
  uid: 'programme',
  title: 'Programme',
  question:
    "Do we keep to Strava's rules and our own: is the application on, is there room, are keys fresh, are deadlines met?",
  items: [
    {
      figure: {
        title: 'Application switched off',
        shows: '1 while Strava has the application switched off.',
        whenBad: 'docs/runbooks/strava-app-inactive.md: only you can act, at Strava. Athletes must do nothing.',
        unit: 'short',
        bad: { warn: 0.5, alarm: 1 },
        queries: { inactive: 'max(slipstream_strava_state{state="inactive"})' },
      },
    },
    {
      figure: {
        title: 'Places left',
        shows: 'How many athletes may still link. STRAVA_ATHLETE_LIMIT says how many places there are.',
        whenBad:
          'at 0 the next athlete is told app_full. Ask Strava for more, or let idle athletes go: `npm run slipstream -- slots`.',
        unit: 'short',
        bad: { warn: 10, alarm: 1 },
        queries: { left: 'max(slipstream_slots_limit) - max(slipstream_slots_used)' },
      },
    },
    {
      figure: {
        title: 'Oldest token key',
        shows: 'Since when something is sealed under the oldest key in use.',
        whenBad: 'after a year, make a new one: docs/rotating-keys.md; no pause is needed.',
        unit: 's',
        bad: { warn: 365 * 86_400, alarm: 730 * 86_400 },
        queries: { age: 'max(slipstream_token_key_age_seconds)' },
      },
    },
    {
      figure: {
        title: 'Oldest copy of Strava data',
        shows: 'How long ago the stalest stored workout was fetched; the policy allows 7 days.',
        whenBad: 'docs/runbooks/data-policy-overdue.md: expiry stands, or turns come too rarely.',
        unit: 's',
        bad: { warn: 6.5 * 86_400, alarm: 7 * 86_400 },
        queries: { age: 'max(slipstream_workout_oldest_fetch_seconds)' },
      },
    },
    { row: 'Strava' },
    {
      graph: {
        title: 'What stops calls',
        shows:
          '1 for each trouble that stops some calls: switched off, credentials refused, endpoint closed, no answer.',
        whenBad:
          "`inactive`: docs/runbooks/strava-app-inactive.md. `credentials`: docs/runbooks/strava-credentials-refused.md. `endpoint`: read Strava's announcements. `unanswered`: Strava is down, wait.",
        unit: 'short',
        columns: 12,
        max: 1,
        queries: { '{{trouble}}': 'max by (trouble) (slipstream_strava_stopped)' },
      },
    },
    {
      graph: {
        title: 'State of the application',
        shows: 'How Strava treats this application; 1 for what holds.',
        whenBad: 'see "What stops calls".',
        unit: 'short',
        columns: 12,
        max: 1,
        queries: { '{{state}}': 'max by (state) (slipstream_strava_state)' },
      },
    },
    { row: 'Places' },
    {
      graph: {
        title: 'Places used',
        shows: 'Links, and grants that are still to be revoked; Strava counts both.',
        whenBad: 'near the limit: ask Strava for more in time, their answer takes weeks.',
        unit: 'short',
        queries: { used: 'max(slipstream_slots_used)', limit: 'max(slipstream_slots_limit)' },
      },
    },
    {
      graph: {
        title: 'Places that links do not fill',
        shows: 'Grants of ended links that are still to be revoked.',
        whenBad:
          'they are tried again by themselves. Many for hours: Strava refuses revocations, see "Calls by outcome" on the board Quota.',
        unit: 'short',
        queries: { owed: 'clamp_min(max(slipstream_slots_used) - sum(max by (status) (slipstream_links)), 0)' },
      },
    },
    {
      graph: {
        title: 'Refused because it is full',
        shows: 'Attempts to link that ended with app_full, per hour.',
        whenBad: 'people are turned away: free places or ask for more.',
        unit: 'short',
        queries: { refused: 'sum(increase(slipstream_link_attempts_total{outcome="app_full"}[1h])) or vector(0)' },
      },
    },
    { row: 'Token keys' },
    {
      graph: {
        title: 'Age of token keys',
        shows: 'Since when something is sealed under each key in use.',
        whenBad: 'after a year, or when a key has leaked: docs/rotating-keys.md.',
        unit: 's',
        queries: { '{{kid}}': 'max by (kid) (slipstream_token_key_age_seconds)' },
      },
    },
    {
      graph: {
        title: 'Sealed under each key',
        shows: 'Credentials by key. After a rotation the old key falls to 0 and its line ends; then it may go.',
        whenBad: 'an old key that stands still: docs/rotating-keys.md, "What goes wrong".',
        unit: 'short',
        queries: { '{{kid}}': 'max by (kid) (slipstream_tokens_by_key)' },
      },
    },
    {
      graph: {
        title: 'Keys that do not open',
        shows: 'Keys under which stored tokens were met that cannot be opened.',
        whenBad: 'docs/runbooks/token-keys-unusable.md; do not ask athletes to link again.',
        unit: 'short',
        queries: { unusable: 'sum(max by (kid) (slipstream_token_keys_unusable)) or vector(0)' },
      },
    },
    { row: 'Deadlines of the data policy' },
    {
      graph: {
        title: 'Oldest copy (7 days)',
        shows: 'How long ago the stalest stored workout was fetched.',
        whenBad: 'docs/runbooks/data-policy-overdue.md.',
        unit: 's',
        queries: { oldest: 'max(slipstream_workout_oldest_fetch_seconds)', allowed: 'vector(7 * 86400)' },
      },
    },
    {
      graph: {
        title: 'Oldest open deletion (48 hours)',
        shows: 'How long the deletion that has waited longest is not confirmed by a receipt.',
        whenBad: 'docs/runbooks/data-policy-overdue.md.',
        unit: 's',
        queries: { oldest: 'max(slipstream_receipt_oldest_open_seconds)', allowed: 'vector(48 * 3600)' },
      },
    },
    {
      graph: {
        title: 'Deletions mirrored (48 hours)',
        shows: 'Share of athletes who were listed in full within 48 hours: only that shows what was deleted at Strava.',
        whenBad: 'docs/runbooks/athletes-incomplete.md.',
        unit: 'percentunit',
        max: 1,
        queries: { mirrored: 'min(slipstream_athletes_complete_ratio)' },
      },
    },
    {
      graph: {
        title: 'Deleted and expired',
        shows: 'Workouts removed because they are gone at Strava, or too old to be kept, per hour.',
        whenBad:
          '`expired` in numbers: athletes lose workouts because turns come too rarely; see "Time between turns" on the board Athletes.',
        unit: 'short',
        queries: {
          '{{change}}':
            'sum by (change) (increase(slipstream_activities_total{change=~"deleted|expired"}[1h])) or vector(0)',
        },
      },
    },
  ],
}
