import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const onlyInConfig = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/config.ts reads the environment.',
};

export default tseslint.config(
  {
    ignores: ['dist', '.build', 'coverage', '.data', 'node_modules', '*.mjs', '*.js', 'bench/*.js'],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    // Read once: the service, made for editors, takes a fifth longer for all files.
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'sandbox/tsconfig.json'] } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'object-shorthand': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'sandbox/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', onlyInConfig] },
  },
  {
    // The portal's script runs in browsers as it is.
    files: ['src/portal/assets/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      parserOptions: { project: false },
      globals: Object.fromEntries(
        [
          'document',
          'fetch',
          'location',
          'setInterval',
          'setTimeout',
          'window',
          'DOMParser',
          'URL',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // Runs before anything is compiled.
    files: ['scripts/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      sourceType: 'commonjs',
      parserOptions: { project: false },
      globals: Object.fromEntries(
        ['__dirname', 'Buffer', 'module', 'performance', 'process', 'require'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['zod', 'axios', 'stripe', 'pg', 'pino'].map((name) => ({
            name,
            message: 'Bundles into every workflow isolate; workflows stay free of it.',
          })),
          patterns: [
            { group: ['node:*'], message: 'Workflow code is deterministic: no Node built-ins.' },
            {
              group: ['activities', 'engine', 'store', 'stripe', 'blnk'].flatMap((folder) => [
                `**/${folder}`,
                `**/${folder}/*`,
              ]),
              allowTypeImports: true,
              message: 'Workflows import what does the work as types only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
