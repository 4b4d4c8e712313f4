import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import {
  errorEntrySchema,
  exportSchema,
  linkCompletionRequestSchema,
  linkTokenRequestSchema,
  linkTokenSchema,
  profileSchema,
  profileSubmissionSchema,
  receiptListSchema,
  receiptSchema,
  runPageSchema,
  runsQuerySchema,
  statusSchema,
  subscriptionCheckSchema,
  subscriptionRequestSchema,
  summarySchema,
  syncAcceptedSchema,
  trainingLoadSchema,
  unlinkAcceptedSchema,
  workoutPageSchema,
  workoutsQuerySchema,
} from './api.ts'
import { type ErrorCode, errorCatalogue, errorCodes } from './error-catalogue.ts'
import { examples, problemExample } from './examples.ts'
import { meaningsOf } from './meanings.ts'
import { callbackLeg, connectLeg, forgetBrowserLeg, webhookLegs } from './openapi-legs.ts'
import { asAthlete, asOperator, json, jsonBody, pageOrJson, problems } from './openapi-operations.ts'
import { withoutTimePattern } from './time-pattern.ts'
import { workoutSchema } from './workout.ts'

const errorExample = { code: 'app_full' as const, ...errorCatalogue.app_full }

const bodyRefusals: ErrorCode[] = ['invalid_request', 'payload_too_large', 'unsupported_media_type']

const pathId = (description: string) => ({ path: z.object({ id: z.string().meta({ description }) }) })

const ifNoneMatch = z.object({
  'if-none-match': z.string().optional().meta({ description: 'The ETag of the content you hold.' }),
})

const tagged = <Schema extends z.ZodType>(description: string, schema: Schema, example: z.output<NoInfer<Schema>>) => ({
  '200': { ...json(description, schema, example), headers: z.object({ ETag: z.string() }) },
  '304': { description: 'You hold this very content.' },
})

const paths = {
  '/api/v1/strava/link-token': {
    post: asAthlete({
      operationId: 'createLinkToken',
      summary: 'Begin to link Strava',
      description:
        'Web: open `connectUrl` in the same browser, which gets a cookie with this answer. Mobile: open it in the system browser (ASWebAuthenticationSession, Custom Tab).',
      tags: ['Linking'],
      requestBody: jsonBody(linkTokenRequestSchema, examples.linkTokenRequest),
      responses: { '201': json('Works once, for two minutes.', linkTokenSchema, examples.linkToken) },
      refusals: [...bodyRefusals, 'profile_required', 'app_full', 'strava_unavailable'],
      isLimited: true,
      isRepeatable: true,
    }),
    delete: forgetBrowserLeg,
  },
  '/connect': { get: connectLeg('connect') },
  '/api/v1/strava/connect': { get: connectLeg('connectUnderApi') },
  '/callback': { get: callbackLeg('callback') },
  '/api/v1/strava/callback': {
    get: callbackLeg('callbackUnderApi'),
    post: asAthlete({
      operationId: 'completeLink',
      summary: 'Complete linking in the mobile app',
      description: 'Within 60 seconds of the deep link, once, by the athlete who began and with the PKCE verifier.',
      tags: ['Linking'],
      requestBody: jsonBody(linkCompletionRequestSchema, examples.linkCompletionRequest),
      responses: { '200': json('Linked.', statusSchema, examples.status) },
      refusals: [
        ...bodyRefusals,
        'result_invalid',
        'strava_account_in_use',
        'different_strava_account',
        'strava_unavailable',
      ],
      isLimited: true,
      isRepeatable: true,
    }),
  },
  '/webhooks/strava/{secret}': webhookLegs,
  '/api/v1/strava/status': {
    get: asAthlete({
      operationId: 'getStatus',
      summary: 'Status of the connection to Strava',
      tags: ['Connection'],
      responses: { '200': json('What is true now, and who has to do what.', statusSchema, examples.status) },
    }),
  },
  '/api/v1/strava/sync': {
    post: asAthlete({
      operationId: 'requestSync',
      summary: 'Sync now',
      tags: ['Connection'],
      responses: {
        '202': json(
          'Asked again while one waits: the same run. While one runs: the next.',
          syncAcceptedSchema,
          examples.syncAccepted,
        ),
      },
      refusals: ['not_linked', 'reauth_required', 'scope_missing'],
      isLimited: true,
      isRepeatable: true,
    }),
  },
  '/api/v1/strava/link': {
    delete: asAthlete({
      operationId: 'unlink',
      summary: 'Unlink Strava and erase what came from it',
      tags: ['Connection'],
      responses: {
        '202': json('Work stopped; the receipt tells when all is gone.', unlinkAcceptedSchema, {
          receiptId: examples.receipt.receiptId,
        }),
      },
      refusals: ['not_linked'],
    }),
  },
  '/api/v1/operator/athletes/{id}/link': {
    delete: asOperator({
      operationId: 'unlinkOnBehalf',
      summary: 'Unlink an athlete who has asked the operator to',
      description: 'The same as if they had done it: the receipt is theirs.',
      tags: ['Operator'],
      requestParams: pathId('An `athleteId`.'),
      responses: {
        '202': json('Work stopped; the receipt tells when all is gone.', unlinkAcceptedSchema, {
          receiptId: examples.receipt.receiptId,
        }),
      },
      refusals: ['not_found', 'not_linked'],
    }),
  },
  '/api/v1/operator/push-subscription': {
    put: asOperator({
      operationId: 'checkPushSubscription',
      summary: "See to the app's push subscription at Strava now, not within the hour",
      tags: ['Operator'],
      requestBody: jsonBody(subscriptionRequestSchema, { replacesForeign: true }),
      responses: { '200': json('What became of it.', subscriptionCheckSchema, { outcome: 'kept' }) },
      refusals: [...bodyRefusals, 'app_misconfigured', 'strava_unavailable'],
    }),
  },
  '/api/v1/export': {
    get: asAthlete({
      operationId: 'exportAll',
      summary: 'Everything held about the athlete',
      tags: ['Profile'],
      responses: { '200': json('Tokens are left out.', exportSchema, examples.export) },
      isLimited: true,
    }),
  },
  '/api/v1/strava/runs': {
    get: asAthlete({
      operationId: 'listRuns',
      summary: 'What was synced and why, newest first',
      tags: ['Connection'],
      requestParams: { query: runsQuerySchema },
      responses: {
        '200': json('A page of runs; those of the last 30 days.', runPageSchema, {
          items: [examples.run],
          nextCursor: null,
        }),
      },
      refusals: ['invalid_request'],
    }),
  },
  '/api/v1/strava/receipts': {
    get: asAthlete({
      operationId: 'listReceipts',
      summary: 'Written confirmations of unlinks, newest first',
      tags: ['Connection'],
      responses: { '200': json('The last hundred.', receiptListSchema, { items: [examples.receipt] }) },
    }),
  },
  '/api/v1/strava/receipts/{id}': {
    get: asAthlete({
      operationId: 'getReceipt',
      summary: 'Written confirmation of an unlink',
      tags: ['Connection'],
      requestParams: pathId('The `receiptId`.'),
      responses: { '200': json('Complete when `completedAt` is set.', receiptSchema, examples.receipt) },
      refusals: ['not_found'],
    }),
  },
  '/api/v1/strava/events': {
    get: asAthlete({
      operationId: 'followEvents',
      summary: 'Live events of the connection (server-sent events)',
      description:
        'First `status`, then `status`, `link`, `progress`, `sync` and `activity` as they happen. `status` carries the body of GET /api/v1/strava/status, the others the data of the event (see asyncapi.json) with its `type` and `time`. Ends with the access token.',
      tags: ['Connection'],
      requestParams: {
        header: z.object({
          'last-event-id': z.string().optional().meta({ description: 'Go on behind this event; kept for 7 days.' }),
        }),
      },
      responses: {
        '200': { description: 'A stream of events.', content: { 'text/event-stream': { schema: z.string() } } },
      },
      refusals: ['invalid_request'],
    }),
  },
  '/api/v1/profile': {
    get: asAthlete({
      operationId: 'getProfile',
      summary: 'Profile of the athlete',
      tags: ['Profile'],
      responses: { '200': json('All null until submitted.', profileSchema, examples.profile) },
    }),
    put: asAthlete({
      operationId: 'submitProfile',
      summary: 'Submit the profile',
      tags: ['Profile'],
      requestBody: jsonBody(profileSubmissionSchema, examples.profileSubmission),
      responses: { '200': json('As stored.', profileSchema, examples.profile) },
      refusals: bodyRefusals,
    }),
  },
  '/api/v1/profile/summary': {
    get: asAthlete({
      operationId: 'getSummary',
      summary: 'Profile, connection, training load and recent workouts in one',
      tags: ['Profile'],
      responses: { '200': json('Ten workouts at most.', summarySchema, examples.summary) },
    }),
  },
  '/api/v1/workouts': {
    get: asAthlete({
      operationId: 'listWorkouts',
      summary: 'Workouts, newest first',
      tags: ['Workouts'],
      requestParams: { query: workoutsQuerySchema, header: ifNoneMatch },
      responses: tagged('Go on with `cursor` = `nextCursor` until that is null.', workoutPageSchema, {
        items: [examples.workout],
        nextCursor: 'eyJhIjoxNzk1Mjg',
      }),
      refusals: ['invalid_request'],
    }),
  },
  '/api/v1/workouts/{id}': {
    get: asAthlete({
      operationId: 'getWorkout',
      summary: 'One workout',
      tags: ['Workouts'],
      requestParams: { ...pathId('The workout’s `id`.'), header: ifNoneMatch },
      responses: tagged('The workout.', workoutSchema, examples.workout),
      refusals: ['not_found'],
    }),
  },
  '/api/v1/training-load': {
    get: asAthlete({
      operationId: 'getTrainingLoad',
      summary: 'Training load over 28 days',
      tags: ['Workouts'],
      responses: { '200': json('`method` names the formula and its source.', trainingLoadSchema, examples.load) },
    }),
  },
  '/config.json': {
    get: {
      operationId: 'getPageConfig',
      summary: 'Where the web page signs in',
      tags: ['Site'],
      security: [],
      responses: {
        '200': json(
          'For an OpenID Connect client.',
          z.object({
            issuer: z.url().meta({ description: 'The OpenID Connect issuer to sign in with.' }),
            audience: z.string().meta({ description: 'What an access token has to be for.' }),
            clientId: z.string().meta({ description: 'The `client_id` of the page at the issuer.' }),
            scopes: z.array(z.string()).meta({ description: 'What the page asks the issuer for.' }),
            profileGate: z.enum(['local', 'claim', 'off']).meta({
              description: meaningsOf('What has to be there before Strava can be linked.', {
                local: 'the profile, submitted here',
                claim: 'the claim `profile_submitted` in the access token',
                off: 'nothing',
              }),
            }),
            publicUrl: z.url().meta({ description: 'Where the page is to be opened.' }),
            stravaButtonImage: z.string().nullable().meta({
              description: "Address or path of Strava's own button, where the operator has set it; null: plain text.",
            }),
          }),
          examples.pageConfig,
        ),
        ...problems('not_found'),
      },
    },
  },
  '/errors': {
    get: {
      operationId: 'listErrors',
      summary: 'Every error there is',
      tags: ['Site'],
      security: [],
      responses: {
        '200': pageOrJson(
          'By code.',
          z.object({ items: z.array(errorEntrySchema).meta({ description: 'All of the catalogue.' }) }),
          { items: [errorExample] },
        ),
        ...problems('not_found'),
      },
    },
  },
  '/errors/{code}': {
    get: {
      operationId: 'getError',
      summary: 'What an error means',
      description: 'The `type` of a problem document points here.',
      tags: ['Site'],
      security: [],
      requestParams: { path: z.object({ code: z.string().meta({ description: 'The `code` of a problem.' }) }) },
      responses: {
        '200': pageOrJson('Of the error catalogue.', errorEntrySchema, errorExample),
        ...problems('not_found'),
      },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'getOpenApi',
      summary: 'This document',
      tags: ['Site'],
      security: [],
      responses: {
        '200': json(
          'OpenAPI 3.1.',
          z.looseObject({ openapi: z.string().meta({ description: 'Version of OpenAPI.' }) }),
          { openapi: '3.1.0' },
        ),
        ...problems('not_found'),
      },
    },
  },
  '/asyncapi.json': {
    get: {
      operationId: 'getAsyncApi',
      summary: 'The events on NATS',
      tags: ['Site'],
      security: [],
      responses: {
        '200': json(
          'AsyncAPI 3.0.',
          z.looseObject({ asyncapi: z.string().meta({ description: 'Version of AsyncAPI.' }) }),
          { asyncapi: '3.0.0' },
        ),
        ...problems('not_found'),
      },
    },
  },
} satisfies Parameters<typeof createDocument>[0]['paths']

type Document = ReturnType<typeof createDocument>

/** Some codes are never the answer to a documented request: they stand in a status, or are of no one route. */
const problemExamplesIn = (document: Document) => {
  const text = JSON.stringify(document.paths)
  const isUsed = (code: ErrorCode) => text.includes(`"#/components/examples/${code}"`)
  return Object.fromEntries(errorCodes.filter(isUsed).map((code) => [code, { value: problemExample(code) }]))
}

/** The HTTP contract of the gateway as an OpenAPI 3.1 document, made from the schemas that check its bodies. */
export const createOpenApiDocument = (): Document => {
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Slipstream API',
        version: '1.0.0',
        description:
          'Links an athlete’s Strava account, tells the truth about the connection, serves workouts. Errors are RFC 9457 problem documents with a `code`. Times are ISO 8601 in UTC, ids are strings, absent values are null; fields may be added.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This gateway' }],
      tags: [
        { name: 'Linking', description: 'From the button to the link, in a browser or a mobile app.' },
        { name: 'Connection', description: 'Status, syncing, live events, unlinking.' },
        { name: 'Workouts', description: 'What was ingested, and what it adds up to.' },
        { name: 'Profile', description: 'What the athlete says about themselves.' },
        { name: 'Webhooks', description: 'What Strava calls.' },
        { name: 'Operator', description: 'For tokens with the role `slipstream:operator`.' },
        { name: 'Site', description: 'Addresses that need no access token.' },
      ],
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Access token (RFC 9068) of the host’s OpenID Connect issuer for this API’s audience.',
          },
        },
      },
      paths,
    },
    {
      override: ({ jsonSchema, io }) => {
        withoutTimePattern(jsonSchema)
        // Fields may be added to answers at any time, so a client must not refuse unknown ones.
        if (io === 'output') delete jsonSchema.additionalProperties
      },
    },
  )
  return { ...document, components: { ...document.components, examples: problemExamplesIn(document) } }
}
