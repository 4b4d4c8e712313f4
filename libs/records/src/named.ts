/** A record as a service passes it around: its `_id` under the name of what it identifies, events that wait left out. */
export type Named<Row extends { _id: string }, IdName extends string> = Omit<Row, '_id' | 'outbox'> &
  Record<IdName, string>

/** @example named(link, 'linkId') */
export const named = <Row extends { _id: string; outbox?: unknown }, IdName extends string>(
  row: Row,
  idName: IdName,
): Named<Row, IdName> => {
  const { _id, outbox: _outbox, ...fields } = row
  return { ...fields, [idName]: _id } as Named<Row, IdName>
}
