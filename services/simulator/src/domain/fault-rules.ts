import { z } from 'zod'

/** Endpoint names as the call log, the metrics and the fault rules have them. */
const endpointNames = [
  'token',
  'refresh',
  'revoke',
  'deauthorize',
  'athlete',
  'activities',
  'activity',
  'push_subscriptions',
] as const

export type EndpointName = (typeof endpointNames)[number]

const moment = z.enum(['before_work', 'after_work'])

export type Moment = z.output<typeof moment>

const when = moment.default('before_work')

/**
 * What goes wrong. `cut` closes the connection before any work, `drop_response` after it: the caller never learns that
 * its refresh token was replaced. `half_answer` is an answer whose body stops in its middle, with the connection (`cut`)
 * or as if it were whole (`clean`). A `status` before the work takes its place, after it only the answer's; `latency` and
 * `hold` after the work keep an answer back that is already made and dated. `hold` lasts until it is released.
 * `same_page` is a list that ignores `page` and `before`, `left_out` one that lacks an activity which is there. `code_invalid`
 * refuses a code without spending it, `without_athlete` gives tokens and does not say whose. The others answer as Strava would.
 */
const effectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    body: z.enum(['fault', 'html', 'text', 'empty_object', 'empty']).default('fault'),
    when,
  }),
  z.strictObject({ kind: z.literal('latency'), latencyMs: z.int().min(0).max(120_000), when }),
  z.strictObject({ kind: z.literal('hold'), when }),
  z.strictObject({ kind: z.literal('cut') }),
  z.strictObject({ kind: z.literal('drop_response') }),
  z.strictObject({ kind: z.literal('half_answer'), ending: z.enum(['cut', 'clean']) }),
  z.strictObject({ kind: z.literal('app_inactive') }),
  z.strictObject({ kind: z.literal('wrong_client_secret') }),
  z.strictObject({ kind: z.literal('code_invalid') }),
  z.strictObject({ kind: z.literal('without_athlete') }),
  z.strictObject({ kind: z.literal('token_dead') }),
  z.strictObject({ kind: z.literal('scope_missing') }),
  z.strictObject({ kind: z.literal('endpoint_closed') }),
  z.strictObject({ kind: z.literal('same_page') }),
  z.strictObject({ kind: z.literal('left_out'), activityId: z.int() }),
  z.strictObject({ kind: z.literal('rate_headers'), mode: z.enum(['missing', 'empty', 'mixed_case']) }),
])

export type FaultEffect = z.output<typeof effectSchema>

export const hasEffect = (effects: readonly FaultEffect[], kind: FaultEffect['kind']): boolean =>
  effects.some((effect) => effect.kind === kind)

/** A rule holds for `times` calls, or for a share of all calls, or (neither given) for every call until removed. */
export const faultRuleSchema = z.strictObject({
  endpoint: z.enum([...endpointNames, 'any']).default('any'),
  /** Account name or Strava id; absent means every athlete. */
  athlete: z.string().optional(),
  effect: effectSchema,
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
})

export type FaultRule = z.output<typeof faultRuleSchema>

/** How the simulator behaves throughout, apart from single calls. */
export const behaviourSchema = z.strictObject({
  refreshRotation: z.enum(['always', 'sometimes', 'never']),
  accessTokenSeconds: z.int().min(1).max(86_400),
  /** Whether the return from consent says what was granted. */
  scopeInReturn: z.boolean(),
  shortPages: z.boolean(),
  /** What lists go by where an activity's start is hidden: the midnight that is shown, or when it started. */
  listedBy: z.enum(['shown_start', 'true_start']),
  rateHeaders: z.enum(['normal', 'missing', 'empty', 'mixed_case']),
  webhooks: z.strictObject({
    enabled: z.boolean(),
    delayMs: z.int().min(0).max(600_000),
    retryDelayMs: z.int().min(0).max(600_000),
    /** Probabilities, 0 to 1, decided for each event. */
    doubled: z.number().min(0).max(1),
    lost: z.number().min(0).max(1),
    outOfOrder: z.number().min(0).max(1),
  }),
})

export type Behaviour = z.output<typeof behaviourSchema>

export const usualBehaviour: Behaviour = {
  refreshRotation: 'always',
  accessTokenSeconds: 21_600,
  scopeInReturn: true,
  shortPages: false,
  listedBy: 'shown_start',
  rateHeaders: 'normal',
  webhooks: { enabled: true, delayMs: 0, retryDelayMs: 1000, doubled: 0, lost: 0, outOfOrder: 0 },
}

/** Who calls what; `athlete` is null until the caller is known. */
export interface CallSubject {
  readonly endpoint: EndpointName
  readonly athlete: { readonly account: string; readonly stravaAthleteId: number } | null
}

const concerns = (rule: FaultRule, call: CallSubject): boolean => {
  if (rule.endpoint !== 'any' && rule.endpoint !== call.endpoint) return false
  if (rule.athlete === undefined) return true
  return (
    call.athlete !== null &&
    (rule.athlete === call.athlete.account || rule.athlete === String(call.athlete.stravaAthleteId))
  )
}

/** The effects that hit this call, and the rules that remain afterwards. `chance` gives a new number each time. */
export const takeEffects = (
  rules: readonly FaultRule[],
  call: CallSubject,
  chance: () => number,
): { readonly effects: readonly FaultEffect[]; readonly rules: readonly FaultRule[] } => {
  const effects: FaultEffect[] = []
  const remaining: FaultRule[] = []
  for (const rule of rules) {
    const hit = concerns(rule, call) && (rule.probability === undefined || chance() < rule.probability)
    if (hit) effects.push(rule.effect)
    if (!hit || rule.times === undefined) remaining.push(rule)
    else if (rule.times > 1) remaining.push({ ...rule, times: rule.times - 1 })
  }
  return { effects, rules: remaining }
}
