/** docker-compose.yml cannot be run here, so everything that can be told from its text is checked. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { Ajv2020 } from 'ajv/dist/2020';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config';
import { SETTING_NAMES } from '../../src/config/settings';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly restart: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly configs?: readonly { readonly source: string }[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const root = join(__dirname, '..', '..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.build !== undefined);

function isLongRunning(service: Service | undefined): boolean {
  return service?.restart === 'unless-stopped';
}

/** Every `${NAME…}` of a text, as [name, what follows it]. */
function interpolations(value: string): [name: string, modifier: string][] {
  return [...value.matchAll(/\$\{([A-Z_]+)([^}]*)\}/g)].map(([, name, modifier]) => [
    name!,
    modifier!,
  ]);
}

describe('the shape', () => {
  const schema = JSON.parse(
    readFileSync(join(root, 'test/vendor/compose-spec.json'), 'utf8'),
  ) as Record<string, unknown>;
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);

  test('is valid by the Compose schema', () => {
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('would not be valid with a misspelt key or a condition that Compose does not know', () => {
    const [name, service] = services[0]!;
    const broken = (change: object) => ({
      ...compose,
      services: { [name]: { ...service, ...change } },
    });
    expect(validate(broken({ enviroment: {} }))).toBe(false);
    expect(validate(broken({ depends_on: { redis: { condition: 'ready' } } }))).toBe(false);
  });

  test('has every part: database, Temporal, Redis, Blnk server and workers, sync worker', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining([
        ...['postgres', 'temporal', 'redis', 'blnk-migrate', 'blnk', 'blnk-workers'],
        ...['migrate', 'worker'],
      ]),
    );
  });

  test.each(services)('%s names an image with a fixed version', (_name, { image }) => {
    expect(image).toMatch(/^[a-z/-]+:[a-z0-9][\w.-]*$/);
    expect(image).not.toMatch(/:latest$/);
  });
});

describe('secrets', () => {
  const secretName = /PASSWORD|SECRET_KEY|_SECRET$|API_KEY|ENCRYPTION_KEYS|TOKEN|DATABASE_URL/;
  const { secrets } = compose;

  test.each(services)(
    '%s has none in its environment, but files that it is given',
    (_name, service) => {
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        if (!secretName.test(name)) continue;
        expect(name).toMatch(/_FILE$/);
        expect(service.secrets).toContain(value.replace('/run/secrets/', ''));
      }
      expect(JSON.stringify(service.environment ?? {})).not.toMatch(/:\/\/[^/@\s"]*:[^/@\s"]*@/);
    },
  );

  test.each(services)('%s is given those that it uses, and no other', (name, service) => {
    const { secrets: given = [], configs = [], ...rest } = service;
    const read = JSON.stringify([
      rest,
      configs.map(({ source }) => compose.configs[source]?.content),
      // "read_secret x" of the entrypoint of Blnk
    ]).replaceAll(/read_secret (\w+)/g, '/run/secrets/$1');
    const used = [...read.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, secret]) => secret!);
    expect({ name, given: [...given].sort() }).toEqual({ name, given: [...new Set(used)].sort() });
    for (const secret of given) expect(secrets).toHaveProperty([secret]);
  });

  test('each is a file that git and a builder of images do not see', () => {
    for (const [name, { file }] of Object.entries(secrets)) {
      const optional = /^\$\{[A-Z_]+:-\/dev\/null\}$/.test(file);
      if (!optional) expect(file).toBe(`./secrets/${name}`);
    }
    expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('secrets/');
    const [first, ...others] = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    expect(others.filter((line) => /secrets|\.env|\.data/.test(line))).toEqual([]);
  });

  test('the text says how each is made that has to be there', () => {
    const needed = Object.entries(secrets).filter(([, { file }]) => file.startsWith('./'));
    const recipe = text.split('\nname:')[0]!;
    for (const [name] of needed) expect(recipe).toContain(name);
  });

  test('the text holds no key', () => {
    expect(text).not.toMatch(/\b(sk|rk)_(live|test)_\w|\bwhsec_|\bblnk_[A-Z0-9]{8}/);
  });
});

describe('what runs', () => {
  test.each(services)('%s publishes ports on 127.0.0.1 only', (_name, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(service).not.toHaveProperty('network_mode');
  });

  test.each(services)('%s runs once, or for long with a health check', (_name, service) => {
    expect(['no', 'unless-stopped']).toContain(service.restart);
    expect(service.healthcheck !== undefined).toBe(isLongRunning(service));
  });

  test.each(services)('%s waits for what it needs to be healthy or done', (_name, service) => {
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services).toHaveProperty([needed]);
      expect(condition).toBe(
        isLongRunning(compose.services[needed])
          ? 'service_healthy'
          : 'service_completed_successfully',
      );
    }
  });

  test.each(services)(
    '%s gives up every right that it does not name, and gains none',
    (_name, service) => {
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      const asRoot = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
      expect([[], asRoot]).toContainEqual(service.cap_add ?? []);
    },
  );

  test('each program has a role and a database of its own', () => {
    const { content } = compose.configs['databases']!;
    for (const role of ['blnk', 'stripe_sync']) {
      expect(content).toContain(`create role ${role} login password :'${role}';`);
      expect(content).toContain(`create database ${role} owner ${role};`);
      expect(content).toContain(`revoke connect on database ${role} from public;`);
    }
  });

  test('what must outlast a container is on a named volume', () => {
    const mounted = services.flatMap(([, service]) => service.volumes ?? []);
    const names = mounted.map((volume) => volume.split(':')[0]);
    expect(names.sort()).toEqual(['postgres', 'redis', 'temporal']);
    expect(Object.keys(compose.volumes).sort()).toEqual(names);
  });

  test.each(['worker', 'server'])(
    "the %s's health check is a program that Node can read",
    (name) => {
      const [kind, program, option, code] = compose.services[name]?.healthcheck?.test ?? [];
      expect([kind, program, option]).toEqual(['CMD', 'node', '--eval']);
      expect(() => new Script(code ?? '(')).not.toThrow();
    },
  );
});

describe('our own services', () => {
  /** As Compose fills it in for somebody who made the required files only. */
  function filledIn(service: Service): Record<string, string> {
    const files: Record<string, string> = {
      stripe_secret_key: ['rk', 'test', 'hush'].join('_'),
      blnk_api_key: 'hush',
      database_url: 'postgresql://stripe_sync:hush@postgres:5432/stripe_sync',
    };
    return Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) =>
        value.startsWith('/run/secrets/')
          ? [name.replace(/_FILE$/, ''), files[value.replace('/run/secrets/', '')] ?? '']
          : [name, value.replace(/\$\{[A-Z_]+[^}]*\}/g, '')],
      ),
    );
  }

  test.each(ours)('%s is given every setting of the schema and nothing else', (_name, service) => {
    // The Temporal CLI is for `npm start`, which brings its own server.
    const expected = SETTING_NAMES.filter((name) => name !== 'TEMPORAL_CLI_PATH');
    const given = Object.keys(service.environment ?? {}).map((name) => name.replace(/_FILE$/, ''));
    expect(given.sort()).toEqual([...expected].sort());
  });

  test.each(ours)('%s passes on a setting under its own name', (_name, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      for (const [variable] of interpolations(value)) {
        expect(variable).toBe(name);
      }
    }
  });

  test.each(ours)('%s starts with the required variables alone', (_name, service) => {
    const config = loadConfig('worker', filledIn(service));
    expect(config.external?.temporalAddress).toBe('temporal:7233');
    expect(config.instance).toMatchObject({ id: 'core', blnk: { kind: 'core' } });
    expect(config.instance?.blnk.url.href).toBe('http://blnk:5001/');
  });

  test.each(ours)('%s runs a program of this repository', (_name, service) => {
    const program = [...(service.entrypoint ?? []), ...(service.command ?? ['dist/worker.js'])];
    const file = program.find((part) => part.startsWith('dist/'));
    expect(existsSync(join(root, file!.replace(/^dist/, 'src').replace(/\.js$/, '.ts')))).toBe(
      true,
    );
  });

  test.each(ours)('%s is built from the Dockerfile, and writes nothing', (_name, service) => {
    expect(service).toMatchObject({ build: '.', read_only: true });
  });
});

describe('the Dockerfile', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

  test('is on Debian, does not run as root, and runs no install script', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images).toEqual(['node:22-bookworm-slim', 'node:22-bookworm-slim']);
    for (const [install] of dockerfile.matchAll(/npm ci.*/g)) {
      expect(install).toBe('npm ci --omit=dev --ignore-scripts');
    }
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('copies files that exist and that the builder is given', () => {
    const given = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+)$/gm)];
    const sources = copied.flatMap(([, paths]) => paths!.split(' ').slice(0, -1));
    expect(sources).toContain('src');
    for (const source of sources) {
      expect(existsSync(join(root, source))).toBe(true);
      expect(given).toContain(`!${source}`);
    }
  });
});
