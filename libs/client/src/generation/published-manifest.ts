interface Manifest {
  exports: Record<string, string>
  [field: string]: unknown
}

/** Fields that speak to this repository alone. */
const ownFields = new Set(['private', 'scripts', 'devDependencies'])

const builtAs = (source: string, extension: string): string =>
  source.replace(/^\.\/src\//, './').replace(/\.ts$/, extension)

/** The `package.json` of what is published, made from that of the workspace: its exports name what was built. */
export const publishedManifest = (manifest: Manifest): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(manifest).filter(([field]) => !ownFields.has(field))),
  exports: {
    ...Object.fromEntries(
      Object.entries(manifest.exports).map(([entry, source]) => [
        entry,
        { types: builtAs(source, '.d.ts'), default: builtAs(source, '.js') },
      ]),
    ),
    './package.json': './package.json',
  },
})
