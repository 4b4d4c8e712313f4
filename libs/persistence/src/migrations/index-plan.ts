import type { CollectionDefinition, IndexDeclaration } from '../collections/definition.ts'

/** An index as the server describes it. */
export interface FoundIndex {
  name: string
  key: object
  unique?: boolean
  sparse?: boolean
  expireAfterSeconds?: number
  partialFilterExpression?: object
}

export interface FoundCollection {
  indexes: readonly FoundIndex[]
  isEmpty: boolean
}

export type IndexChange = { collection: string; isBreaking: boolean } & (
  | { kind: 'create'; index: IndexDeclaration }
  /** Dropped and made anew: MongoDB changes no index. */
  | { kind: 'replace'; index: IndexDeclaration }
  | { kind: 'drop'; dropped: string }
)

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const isAsDeclared = (found: FoundIndex, declared: IndexDeclaration): boolean =>
  same(found.key, declared.key) &&
  Boolean(found.unique) === Boolean(declared.unique) &&
  Boolean(found.sparse) === Boolean(declared.sparse) &&
  found.expireAfterSeconds === declared.expireAfterSeconds &&
  same(found.partialFilterExpression, declared.partialFilterExpression)

/**
 * What it takes to get from the indexes that are there to those declared. The name is a label: an index that is as declared
 * under another name does, unless that name is retired: then the index is renamed, which MongoDB can do only by making it
 * anew, so drops come first. A new index breaks nothing unless it is unique and there are rows: those may not be, and an
 * older replica may write more such rows. Whatever takes an index away does, because an older replica that starts asks for
 * it. Indexes that are neither declared nor retired are a newer release's or the operator's, and stay.
 */
export const planIndexes = (
  definition: Pick<CollectionDefinition<unknown>, 'name' | 'indexes' | 'retiredIndexes'>,
  { indexes: found, isEmpty }: FoundCollection,
): IndexChange[] => {
  const { name: collection, indexes: declared, retiredIndexes } = definition
  const isRetired = ({ name }: FoundIndex) => retiredIndexes.includes(name)
  const staying = found.filter((index) => !isRetired(index))
  const wanted = declared
    .filter((index) => !staying.some((other) => isAsDeclared(other, index)))
    .map((index): IndexChange => {
      const isInTheWay = staying.some(({ name }) => name === index.name)
      return isInTheWay
        ? { collection, kind: 'replace', index, isBreaking: !isEmpty }
        : { collection, kind: 'create', index, isBreaking: Boolean(index.unique) && !isEmpty }
    })
  const retired = found
    .filter(isRetired)
    .map(({ name }): IndexChange => ({ collection, kind: 'drop', dropped: name, isBreaking: !isEmpty }))
  return [...retired, ...wanted]
}

export const describeChange = (change: IndexChange): string => {
  const { collection } = change
  switch (change.kind) {
    case 'create':
      return `create index ${collection}.${change.index.name}`
    case 'replace':
      return `replace index ${collection}.${change.index.name}`
    case 'drop':
      return `drop index ${collection}.${change.dropped}`
  }
}
