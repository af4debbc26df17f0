// One project per suite, so that each is its own command. ESM-only packages are transformed, since
// jest loads everything through its own CommonJS registry.
const esmOnly = [
  'p-limit',
  'yocto-queue',
  'node-pg-migrate',
  'glob',
  'minimatch',
  'brace-expansion',
  'balanced-match',
  'lru-cache',
  'path-scurry',
  'minipass',
  '@isaacs',
];

const suite = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform: { '^.+\\.(t|j|mj)s$': '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  ...extra,
});

const onRealParts = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  // Only ends what hangs. How long things take is measured by bench, on a machine that does nothing else.
  testTimeout: 180_000,
  maxWorkers: 2,
  projects: [
    suite('unit'),
    suite('integration', onRealParts),
    suite('faults', onRealParts),
    suite('app', onRealParts),
    suite('cli', onRealParts),
    suite('contract'),
    suite('crash', onRealParts),
    suite('property', onRealParts),
    suite('browser', onRealParts),
    suite('replay'),
    suite('record', onRealParts),
  ],
};
