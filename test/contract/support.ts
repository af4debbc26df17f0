/**
 * The ledger under contract: the stand-in, or a real Blnk Core where BLNK_CORE_URL and BLNK_CORE_KEY
 * name one. Spoken to over plain HTTP, so that no client of ours can hide a difference.
 */
import { exec, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';

export interface Answer {
  status: number;
  /** undefined: the body is no JSON. */
  json: unknown;
  text: string;
}

/** What can be done in Core's database alone; nothing else there changes with it. */
export interface Tampering {
  loseRow(reference: string): Promise<void>;
  /** Core's own trigger allows it to nobody who does not switch it off. */
  changeAmount(reference: string, amount: bigint): Promise<void>;
  raiseDebits(balanceId: string, by: bigint): Promise<void>;
}

/** Of the whole ledger, in the place of the one before it. */
export interface CoreBackup {
  take(): Promise<void>;
  restore(): Promise<void>;
}

/** Ends and starts the Postgres of the Core; resolves once that is so. */
export interface CoreDatabase {
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Core {
  /** Its own for each run: a ledger keeps references for ever. */
  run: string;
  url: string;
  masterKey: string;
  get(path: string, key?: string | null): Promise<Answer>;
  /** A text is sent as it is. */
  post(path: string, body: unknown, key?: string | null): Promise<Answer>;
  /** Absent: that of a real Core, and nobody has said how it is stopped. */
  database?: CoreDatabase;
  /** Absent: likewise, and nobody has said how SQL is run on it. */
  tampering?: Tampering;
  /** Absent: likewise, and nobody has said how it is backed up and restored. */
  backup?: CoreBackup;
  /** What it is, where it is none. */
  standIn?: BlnkStandIn;
  close(): Promise<void>;
}

export async function openCore(): Promise<Core> {
  const { BLNK_CORE_URL: url, BLNK_CORE_KEY: key } = process.env;
  if ((url === undefined) !== (key === undefined)) {
    throw new Error('BLNK_CORE_URL and BLNK_CORE_KEY come together.');
  }
  if (url !== undefined && key !== undefined) {
    say(`Ledger contract: on the Blnk Core at ${url}`);
    return {
      ...speaker(url.replace(/\/+$/, ''), key, () => Promise.resolve()),
      ...givenDatabase(),
      ...givenSql(),
      ...givenBackup(),
    };
  }
  say(
    'Ledger contract: on the stand-in. BLNK_CORE_URL and BLNK_CORE_KEY would name a real Blnk Core.',
  );
  const standIn = await startBlnkStandIn();
  const { outage } = standIn;
  const database = {
    async stop() {
      outage.set({ away: true, keysCached: false });
    },
    async start() {
      outage.set({ away: false });
    },
  };
  const { ledger } = standIn;
  const rowsOf = (wanted: string) => ledger.rows.filter(({ reference }) => reference === wanted);
  const tampering: Tampering = {
    loseRow(reference) {
      ledger.forget(
        rowsOf(reference).map(({ seq }) => seq),
        true,
      );
      return ledger.settled();
    },
    async changeAmount(reference, amount) {
      for (const row of rowsOf(reference)) Object.assign(row, { amount });
    },
    async raiseDebits(balanceId, by) {
      const balance = ledger.balances.byId(balanceId)!;
      ledger.change(balance, { debit: balance.debit + by });
    },
  };
  let kept = 0;
  const backup = {
    async take() {
      kept = ledger.nextSeq();
    },
    restore() {
      ledger.forget(ledger.rows.map(({ seq }) => seq).filter((seq) => seq >= kept));
      return ledger.settled();
    },
  };
  const close = () => standIn.close();
  const spoken = speaker(standIn.url, SANDBOX_BLNK_KEY, close);
  return { ...spoken, database, tampering, backup, standIn };
}

/** By the commands of the environment, each of which returns when it is done. */
function givenDatabase(): { database?: CoreDatabase } {
  const { BLNK_CORE_PG_STOP: stop, BLNK_CORE_PG_START: start } = process.env;
  if (stop === undefined || start === undefined) return {};
  return { database: { stop: () => runCommand(stop), start: () => runCommand(start) } };
}

/** Likewise. */
function givenBackup(): { backup?: CoreBackup } {
  const { BLNK_CORE_BACKUP: take, BLNK_CORE_RESTORE: restore } = process.env;
  if (take === undefined || restore === undefined) return {};
  return { backup: { take: () => runCommand(take), restore: () => runCommand(restore) } };
}

async function runCommand(command: string): Promise<void> {
  await promisify(exec)(command);
}

/** By a command that runs what it reads. */
function givenSql(): { tampering?: Tampering } {
  const { BLNK_CORE_SQL: command } = process.env;
  if (command === undefined) return {};
  const run = (sql: string) => runSql(command, sql);
  return {
    tampering: {
      loseRow: (reference) =>
        run(`delete from blnk.transactions where reference = '${reference}';`),
      changeAmount: (reference, amount) =>
        run(
          `set session_replication_role = replica;
           update blnk.transactions set precise_amount = ${amount} where reference = '${reference}';`,
        ),
      raiseDebits: (balanceId, by) =>
        run(
          `update blnk.balances set debit_balance = debit_balance + ${by}, balance = balance - ${by}
           where balance_id = '${balanceId}';`,
        ),
    },
  };
}

function runSql(command: string, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stdio = ['pipe', 'ignore', 'inherit'] as const;
    const run = spawn(command, { shell: true, stdio: [...stdio] });
    run.once('error', reject);
    run.once('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`BLNK_CORE_SQL ended with ${status}.`));
    });
    run.stdin.end(sql);
  });
}

/** The one; undefined, and that is said, where nobody has told how. */
export function tamperingOf({ tampering }: Core): Tampering | undefined {
  if (!tampering) say('Not shown: BLNK_CORE_SQL does not say how SQL is run on its database.');
  return tampering;
}

/** Past jest's own console, which would wrap each line into a stack trace. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function speaker(url: string, masterKey: string, close: () => Promise<void>): Core {
  const ask = async (method: string, path: string, key: string | null, body?: unknown) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(key === null ? {} : { 'X-Blnk-Key': key }),
      },
      ...(body === undefined ? {} : { body: sent }),
    });
    return readAnswer(response);
  };
  return {
    run: `pi_ct${Date.now().toString(36)}${randomBytes(3).toString('hex')}`,
    ...{ url, masterKey },
    get: (path, key = masterKey) => ask('GET', path, key),
    post: (path, body, key = masterKey) => ask('POST', path, key, body),
    close,
  };
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
}

/** What the product posts, under a reference of this run. */
export function payIn(core: Core, name: string, changes: Record<string, unknown> = {}) {
  return {
    precise_amount: 2000,
    precision: 100,
    currency: 'USD',
    reference: `${core.run}_${name}`,
    source: `@contract-${core.run}`,
    destination: `@cus_${core.run}`,
    description: 'Imported pay-in from Stripe',
    effective_date: '2024-03-01T10:00:00Z',
    meta_data: { stripe_payment_intent_id: `${core.run}_${name}` },
    allow_overdraft: true,
    skip_queue: true,
    ...changes,
  };
}

/** As in Blnk's guide: neither skip_queue nor allow_overdraft. Own balances, so nothing funds it. */
export function guidePayIn(core: Core, name: string, changes: Record<string, unknown> = {}) {
  const left = { allow_overdraft: undefined, skip_queue: undefined };
  const source = `@contract-${core.run}-${name}`;
  return payIn(core, name, { ...left, source, ...changes });
}

export type StoredRow = Record<string, unknown> & { reference: string };

/** The full rows under these references, by reference. */
export async function lookUp(core: Core, ...names: string[]): Promise<Record<string, StoredRow>> {
  const answer = await core.post('/transactions/filter', {
    filters: [
      { field: 'reference', operator: 'in', values: names.map((name) => `${core.run}_${name}`) },
    ],
    limit: 100,
  });
  if (answer.status !== 200) throw new Error(`The look-up failed: ${answer.text}`);
  const rows = answer.json as StoredRow[];
  return Object.fromEntries(rows.map((row) => [row.reference.slice(core.run.length + 1), row]));
}

/** Posts it, or throws what Core says. */
export async function posted(
  core: Core,
  name: string,
  changes: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const answer = await core.post('/transactions', payIn(core, name, changes));
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json as Record<string, unknown>;
}

/** A key of its own that may do this and nothing else, for an hour. */
export async function keyFor(core: Core, ...scopes: string[]): Promise<string> {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const body = { name: 'contract', owner: core.run, scopes, expires_at };
  return ((await core.post('/api-keys', body)).json as { key: string }).key;
}

/** Queued postings get their outcome later: below a second on an idle Core. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('It did not come within two minutes.');
    await sleep(50);
  }
}

export function coreError(code: string) {
  return expect.objectContaining({
    error_detail: expect.objectContaining({ code }) as unknown,
  }) as unknown;
}
