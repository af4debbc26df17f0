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
  readonly build?: { readonly dockerfile_inline: string };
  readonly restart: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
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
  const secretName = /PASSWORD|SECRET|KEYS?$|TOKEN/;
  /** Those of the app, which is not part of every set-up: empty unless they are given. */
  const optional = ['ENCRYPTION_KEYS', 'CALLBACK_SECRET'];

  test.each(services)('%s gets its secrets from variables only', (_name, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (optional.includes(name)) expect(value).toBe(`\${${name}:-}`);
      else if (secretName.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
      // user:password in an address
      const credentials = /:\/\/[^/@\s]*:([^/@\s]*(?:\{[^}]*\})?)@/.exec(value)?.[1];
      if (credentials !== undefined) expect(credentials).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
    }
  });

  test('no variable that holds a secret has a default', () => {
    const secrets = interpolations(text).filter(([name]) => secretName.test(name));
    expect(new Set(secrets.map(([name]) => name))).toEqual(
      new Set([
        ...['POSTGRES_PASSWORD', 'CORE_SECRET_KEY', 'BLNK_API_KEY', 'STRIPE_SECRET_KEY'],
        ...optional,
      ]),
    );
    for (const [name, modifier] of secrets) {
      expect(modifier).toMatch(optional.includes(name) ? /^:-$/ : /^:\?./);
    }
  });

  test('the text holds no key', () => {
    expect(text).not.toMatch(/\b(sk|rk)_(live|test)_|\bwhsec_|\bblnk_[A-Za-z0-9]{8}/);
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
  /** As Compose fills it in for somebody who gave the required variables only. */
  function filledIn(service: Service): Record<string, string> {
    const examples: Record<string, string> = {
      STRIPE_SECRET_KEY: ['rk', 'test', 'example'].join('_'),
      BLNK_API_KEY: 'example',
      POSTGRES_PASSWORD: 'example',
    };
    return Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{([A-Z_]+)[^}]*\}/g, (_all, variable: string) =>
          variable in examples ? examples[variable]! : '',
        ),
      ]),
    );
  }

  test.each(ours)('%s is given every setting of the schema and nothing else', (_name, service) => {
    // The Temporal CLI is for `npm start`, which brings its own server.
    const expected = SETTING_NAMES.filter((name) => name !== 'TEMPORAL_CLI_PATH');
    expect(Object.keys(service.environment ?? {}).sort()).toEqual([...expected].sort());
  });

  test.each(ours)('%s passes on a setting under its own name', (_name, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      for (const [variable] of interpolations(value)) {
        expect([name, 'POSTGRES_PASSWORD']).toContain(variable);
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

  test.each(ours)('%s is built on Debian and does not run as root', (_name, service) => {
    const dockerfile = service.build?.dockerfile_inline ?? '';
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images).toEqual(['node:22-bookworm-slim', 'node:22-bookworm-slim']);
    expect(dockerfile).toContain('npm ci --omit=dev');
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test.each(ours)('%s is built from files that exist', (_name, service) => {
    const copied = [...(service.build?.dockerfile_inline ?? '').matchAll(/^COPY (?!--)(.+)$/gm)];
    const sources = copied.flatMap(([, paths]) => paths!.split(' ').slice(0, -1));
    expect(sources).toContain('src');
    for (const source of sources) expect(existsSync(join(root, source))).toBe(true);
  });
});
