/** Sections of the site and what stands first in each. A document that nothing here names stands in the section of its folder. */
const sections: readonly { title: string; first: readonly string[]; folder?: RegExp }[] = [
  {
    title: 'Start',
    first: ['docs/index.md', 'docs/concepts.md', 'docs/faq.md', 'docs/comparison.md', 'README.md'],
  },
  {
    title: 'Build with it',
    first: [
      'docs/linking/web.md',
      'docs/linking/react-native.md',
      'docs/linking/native.md',
      'docs/receive-events.md',
      'docs/client.md',
    ],
    folder: /^docs\/linking\//,
  },
  {
    title: 'Reference',
    first: ['docs/reference/http-api.md', 'docs/reference/events.md', 'docs/reference/errors.md', 'docs/metrics.md'],
    folder: /^docs\/reference\//,
  },
  {
    title: 'Run it',
    first: [
      'docs/operating.md',
      'deploy/README.md',
      'k8s/README.md',
      'docs/clusters.md',
      'docs/scaling.md',
      'docs/security.md',
      'docs/data-protection.md',
      'docs/rotating-keys.md',
      'SECURITY.md',
      'CHANGELOG.md',
    ],
  },
  { title: 'Runbooks', first: ['docs/runbooks/README.md'], folder: /^docs\/runbooks\// },
  {
    title: 'How it works',
    first: ['docs/architecture.md', 'docs/sync-engine.md', 'docs/facts.md', 'docs/benchmarks.md'],
    folder: /^docs\/[^/]+$/,
  },
  { title: 'Carry on', first: ['CONTRIBUTING.md'], folder: /^docs\/contributing\// },
  { title: 'Decisions', first: ['docs/adr/README.md'], folder: /^docs\/adr\// },
  { title: 'Folders of the repository', first: [], folder: /./ },
]

export interface NavSection {
  title: string
  documents: string[]
}

/** Every document in exactly one section; names that are not there (yet) are passed over, and so are empty sections. */
export const navOf = (documents: readonly string[]): NavSection[] => {
  const left = new Set(documents)
  const take = (wanted: (document: string) => boolean): string[] => {
    const taken = [...left].filter(wanted)
    for (const document of taken) left.delete(document)
    return taken
  }
  const named = sections.map(({ first }) => first.flatMap((name) => take((document) => document === name)))
  return sections
    .map(({ title, folder }, index) => ({
      title,
      documents: [...(named[index] ?? []), ...(folder ? take((document) => folder.test(document)) : [])],
    }))
    .filter((section) => section.documents.length > 0)
}

const searchWeights: Readonly<Record<string, number>> = {
  Runbooks: 0.8,
  'How it works': 0.6,
  'Carry on': 0.4,
  Decisions: 0.25,
  'Folders of the repository': 0.4,
}

/** It speaks of everything, in short. */
const changelogWeight = 0.3

/** How much each document counts when something is looked for. */
export const searchWeightsOf = (nav: readonly NavSection[]): Map<string, number> =>
  new Map(
    nav.flatMap(({ title, documents }) =>
      documents.map((document) => [
        document,
        document === 'CHANGELOG.md' ? changelogWeight : (searchWeights[title] ?? 1),
      ]),
    ),
  )
