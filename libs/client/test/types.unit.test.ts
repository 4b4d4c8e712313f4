import type * as contracts from '@slipstream/contracts'
import { expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import type * as client from '../src/index.ts'

/** What the contracts say, where each list of texts may have gained one. */
type Opened<Value> = Value extends string
  ? string extends Value
    ? Value
    : Value | (string & {})
  : Value extends (infer Item)[]
    ? Opened<Item>[]
    : Value extends object
      ? { [Field in keyof Value]: Opened<Value[Field]> }
      : Value

type Answer<Schema extends z.ZodType> = Opened<z.output<Schema>>

interface Said {
  LinkToken: Answer<typeof contracts.linkTokenSchema>
  Status: Answer<typeof contracts.statusSchema>
  SyncAccepted: Answer<typeof contracts.syncAcceptedSchema>
  UnlinkAccepted: Answer<typeof contracts.unlinkAcceptedSchema>
  RunPage: Answer<typeof contracts.runPageSchema>
  ReceiptList: Answer<typeof contracts.receiptListSchema>
  WorkoutPage: Answer<typeof contracts.workoutPageSchema>
  TrainingLoad: Answer<typeof contracts.trainingLoadSchema>
  Profile: Answer<typeof contracts.profileSchema>
  Summary: Answer<typeof contracts.summarySchema>
  Export: Answer<typeof contracts.exportSchema>
  SubscriptionCheck: Answer<typeof contracts.subscriptionCheckSchema>
  ErrorEntry: Answer<typeof contracts.errorEntrySchema>
  Problem: Answer<typeof contracts.problemSchema>
}

interface Typed {
  LinkToken: client.LinkToken
  Status: client.Status
  SyncAccepted: client.SyncAccepted
  UnlinkAccepted: client.UnlinkAccepted
  RunPage: client.RunPage
  ReceiptList: client.ReceiptList
  WorkoutPage: client.WorkoutPage
  TrainingLoad: client.TrainingLoad
  Profile: client.Profile
  Summary: client.Summary
  Export: client.Export
  SubscriptionCheck: client.SubscriptionCheck
  ErrorEntry: client.ErrorEntry
  Problem: client.Problem
}

type EventsSaid = { [Type in contracts.EventType]: Opened<contracts.EventData<Type>> }

// The compiler is what fails: npm run typecheck.
test('what the client types as answers and events is what the contracts say', () => {
  expectTypeOf<Typed>().toExtend<Said>()
  expectTypeOf<Said>().toExtend<Typed>()
  expectTypeOf<client.EventDataByType>().toExtend<EventsSaid>()
  expectTypeOf<EventsSaid>().toExtend<client.EventDataByType>()
})

test('the contracts take what the client takes', () => {
  expectTypeOf<client.LinkTokenRequest>().toExtend<contracts.LinkTokenRequest>()
  expectTypeOf<client.ProfileSubmission>().toExtend<z.input<typeof contracts.profileSubmissionSchema>>()
  expectTypeOf<client.LinkCompletionRequest>().toEqualTypeOf<z.input<typeof contracts.linkCompletionRequestSchema>>()
  expectTypeOf<client.ErrorCode>().toEqualTypeOf<contracts.ErrorCode>()
})
