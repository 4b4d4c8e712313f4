import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject } from 'zod-openapi'
import type { ErrorCode } from './error-catalogue.ts'
import { examples } from './examples.ts'
import { noticeAspects, noticeObjects } from './lanes.ts'
import { json, jsonBody, problems } from './openapi-operations.ts'

// Operations that nobody calls with an access token: the steps of a person's browser, and what Strava calls.

/**
 * A step of a person's browser: always led back to the page or the app, unless JSON is asked for. Its own browser may take it
 * again, and gets the same answer.
 */
const browserLeg = (
  operationId: string,
  summary: string,
  query: z.ZodObject,
  refusals: ErrorCode[],
): ZodOpenApiOperationObject => ({
  operationId,
  summary,
  description:
    'Loaded again in the same browser it answers the same. A request that a browser makes ahead of a visit (`Sec-Purpose: prefetch`) is answered with an empty 503 and changes nothing.',
  tags: ['Linking'],
  security: [],
  requestParams: { query },
  responses: {
    '200': {
      description: 'Mobile, once the app has completed: a page that says so.',
      content: { 'text/html': { schema: z.string() } },
    },
    '303': {
      description:
        'On to the next step, or back: web with `?strava=linked` (and `receipt=…` of an earlier link that ended for this one) or `?strava=error&code=…`; mobile with `?result=…` or `?error=…`, and a page with the same address as a link to tap.',
      headers: z.object({ Location: z.url() }),
    },
    ...problems(...refusals, 'internal_error', 'service_unavailable'),
  },
})

export const forgetBrowserLeg: ZodOpenApiOperationObject = {
  operationId: 'forgetBrowser',
  summary: 'Forget what binds link attempts to this browser',
  description:
    'For a page whose athlete signs out, or whose session has ended: drops the cookies that came with a link token and at `/connect`. Attempts under way in this browser are over. Needs no access token.',
  tags: ['Linking'],
  security: [],
  responses: {
    '204': { description: 'The browser has neither of them any more.' },
    ...problems('not_found', 'internal_error', 'service_unavailable'),
  },
}

export const connectLeg = (operationId: string) =>
  browserLeg(
    operationId,
    'Consume the link token and go to the consent page of Strava',
    z.object({
      token: z.string().meta({
        description: 'The `linkToken`; has to be used within two minutes, and belongs to the browser that uses it.',
      }),
    }),
    ['link_token_invalid', 'link_expired'],
  )

export const callbackLeg = (operationId: string) =>
  browserLeg(
    operationId,
    'Return from Strava',
    z.object({
      state: z.string().meta({ description: 'What Slipstream sent along; used once.' }),
      code: z.string().optional().meta({ description: 'What the tokens are exchanged for.' }),
      scope: z.string().optional().meta({ description: 'What the athlete granted, separated by commas.' }),
      error: z.string().optional().meta({ description: 'Why there is no consent, such as `access_denied`.' }),
    }),
    [
      'link_token_invalid',
      'link_expired',
      'consent_denied',
      'scope_missing',
      'strava_account_in_use',
      'different_strava_account',
      'app_full',
      'app_inactive',
      'app_misconfigured',
      'quota_exhausted',
      'strava_unavailable',
    ],
  )

/** Told to Strava alone: there is no such address where `STRAVA_WEBHOOK_PATH_SECRET` is not set, and 404 with another secret. */
const webhookPath = z.object({ secret: z.string().meta({ description: 'One of `STRAVA_WEBHOOK_PATH_SECRET`.' }) })

/** Read digit by digit: a number here may be larger than programs can hold without loss. */
const webhookId = z
  .union([z.number().nonnegative().meta({ type: 'integer' }), z.string().regex(/^\d+$/)])
  .meta({ description: 'A whole number of any size.' })

export const webhookLegs = {
  get: {
    operationId: 'answerChallenge',
    summary: "Strava's check of a new push subscription",
    description: 'Answered while no subscription is known or one is being made.',
    tags: ['Webhooks'],
    security: [],
    requestParams: {
      path: webhookPath,
      query: z.object({
        'hub.mode': z.string().meta({ description: 'Always `subscribe`.' }),
        'hub.challenge': z.string().meta({ description: 'What is to be sent back.' }),
        'hub.verify_token': z.string().meta({ description: 'What Slipstream gave when it made the subscription.' }),
      }),
    },
    responses: {
      '200': json(
        'The challenge.',
        z.object({ 'hub.challenge': z.string().meta({ description: 'As it was sent.' }) }),
        { 'hub.challenge': '15f7d1a91c1f40f8' },
      ),
      ...problems('invalid_request', 'forbidden', 'not_found', 'internal_error', 'service_unavailable'),
    },
  },
  post: {
    operationId: 'receiveWebhook',
    summary: 'What happened to an athlete of the app',
    description: 'Stored before it is answered. Nothing is changed on its word: Strava is asked.',
    tags: ['Webhooks'],
    security: [],
    requestParams: { path: webhookPath },
    requestBody: jsonBody(
      z
        .object({
          subscription_id: webhookId,
          object_type: z.enum(noticeObjects),
          object_id: webhookId,
          owner_id: webhookId,
          aspect_type: z.enum(noticeAspects),
          event_time: z.int().min(0).max(99_999_999_999).meta({ description: 'Epoch seconds.' }),
          updates: z
            .record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/), z.union([z.string().max(1_000), z.number(), z.boolean()]))
            .nullish(),
        })
        .meta({ description: 'In the form of https://developers.strava.com/docs/webhooks/' }),
      examples.webhook,
    ),
    responses: {
      '200': json('Stored, known already, or of nobody here.', z.object({}), {}),
      ...problems(
        ...(['invalid_request', 'payload_too_large', 'unsupported_media_type'] as const),
        'forbidden',
        'not_found',
      ),
      ...problems('internal_error', 'service_unavailable'),
    },
  },
} satisfies ZodOpenApiPathItemObject
