/** What of a bus is needed here, by its shape: this library stands below it. */
interface BusLike {
  transport: {
    manager: { streams: { getMessage(stream: string, query: { last_by_subj: string }): Promise<unknown> } }
  }
}

/** Whether a sync request for this subject is still stored, waiting or in work. */
export const isRequestStored = async ({ transport }: BusLike, subject: string): Promise<boolean> =>
  (await transport.manager.streams.getMessage('SYNC', { last_by_subj: subject })) !== null
