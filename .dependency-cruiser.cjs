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
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    parser: 'swc', // sees imports of types; TypeScript 7 has no API for dependency-cruiser to use
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
