/**
 * The dependency rule: domain <- application <- adapters <- infrastructure. tests/architecture.test.ts plants a
 * violation of each rule and expects it to be reported.
 */

module.exports = {
  forbidden: [
    {
      name: 'domain-imports-nothing',
      comment: 'The domain is pure: no library, no Node module, no other layer.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'application-imports-domain-alone',
      severity: 'error',
      from: { path: '^src/application/' },
      to: { pathNot: '^src/(application|domain)/' },
    },
    {
      name: 'adapters-do-not-know-the-wiring',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/(infrastructure/|main\\.ts|index\\.ts)' },
    },
    {
      name: 'inbound-and-outbound-do-not-meet',
      severity: 'error',
      from: { path: '^src/adapters/(inbound|outbound)/' },
      to: { path: '^src/adapters/(inbound|outbound)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'outbound-adapters-stand-alone',
      comment: 'A storage adapter can be removed without touching another.',
      severity: 'error',
      from: { path: '^src/adapters/outbound/([^/]+)/' },
      to: { path: '^src/adapters/outbound/', pathNot: '^src/adapters/outbound/$1/' },
    },
    {
      name: 'rooms-do-not-import-upward',
      comment: 'The top folder of an adapter puts its rooms together; a room does not know what it is part of.',
      severity: 'error',
      from: { path: '^src/(adapters/.+)/[^/]+/[^/]+\\.ts$' },
      to: { path: '^src/$1/[^/]+\\.ts$' },
    },
    {
      name: 'http-rooms-share-only-the-wire',
      comment: 'A resource can be removed without touching another, and the wire kit knows none of them.',
      severity: 'error',
      from: { path: '^src/adapters/inbound/http/([^/]+)/' },
      to: { path: '^src/adapters/inbound/http/[^/]+/', pathNot: '^src/adapters/inbound/http/($1|wire)/' },
    },
    {
      name: 'sqlite-readers-and-writer-do-not-meet',
      comment: 'They run on different threads and share only the file format.',
      severity: 'error',
      from: { path: '^src/adapters/outbound/sqlite/(reader|writer)/' },
      to: { path: '^src/adapters/outbound/sqlite/(reader|writer)/', pathNot: '^src/adapters/outbound/sqlite/$1/' },
    },
    {
      name: 'only-infrastructure-knows-the-container',
      severity: 'error',
      from: { pathNot: '^src/infrastructure/' },
      to: { path: '(tsyringe|reflect-metadata)' },
    },
    {
      name: 'product-does-not-import-tests-or-benchmarks',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts|examples)/' },
    },
    {
      name: 'only-tests-use-the-testing-kit',
      comment: 'What is shipped as energy-ingestion-engine/testing is no part of the running engine.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'the-testing-kit-knows-no-runner',
      comment: 'Test functions are handed in; of the adapters it ships the memory store.',
      severity: 'error',
      from: { path: '^src/testing/' },
      to: {
        pathNot: ['^src/(testing|domain|application|adapters/outbound/memory)/', '^node:', 'node_modules/fast-check/'],
        dependencyTypesNot: ['core'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-cycles-between-rooms',
      comment: 'Rooms import one way: folders depend on each other in an order, not only files.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable-imports',
      comment: 'Examples import the package by its name: it resolves once it is built and installed.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^energy-ingestion-engine' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    parser: 'swc', // sees imports of types; TypeScript 7 has no API for dependency-cruiser to use
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
