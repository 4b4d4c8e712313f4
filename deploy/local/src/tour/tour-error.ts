/** Why the tour cannot begin or go on; the message is for the person at the terminal. */
export class TourError extends Error {
  override readonly name = 'TourError'
  readonly code = 'tour'
}
