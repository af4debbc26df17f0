/**
 * Commands in the test's own process, on rows that the test has written and between two stand-ins. No Temporal: what
 * a command does with a sync is shown by `cli-world.ts`.
 */
import { Command } from 'commander';
import type { Context } from '../../../src/commands/context';
import { createOutput } from '../../../src/commands/output';
import { addExplain } from '../../../src/commands/explain';
import { addProofs } from '../../../src/commands/proofs';
import { addQuarantine } from '../../../src/commands/quarantine';
import { addReconcile } from '../../../src/commands/reconcile';
import { addRepair } from '../../../src/commands/repair';
import { addStatus } from '../../../src/commands/status';
import { addSuspense } from '../../../src/commands/suspense';
import { addSyncs } from '../../../src/commands/syncs';
import type { Run } from '../../../src/commands/verb';
import { SyncError } from '../../../src/domain/errors';
import { connectInstance } from '../../../src/instances/registry';
import { connectDb, type Db } from '../../../src/store/db';
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../../sandbox/blnk/start';
import { startStripeStandIn, type StripeStandIn } from '../../../sandbox/stripe/start';
import { testEnvironment } from '../environment';
import { configureInstance } from './instance-config';

// Found in tests only as a program is: by its ending.
jest.mock('../../../src/commands/links', () => ({ linkTo: () => Promise.resolve(null) }));

export interface CommandWorld {
  readonly db: Db;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  /** @throws SyncError as the command would end with */
  command(instanceId: string, ...args: string[]): Promise<Said>;
  /** Posts USD to the ledger, as somebody else does. @returns Blnk's id of it */
  post(reference: string, amount: number, source: string, destination: string): Promise<string>;
  close(): Promise<void>;
}

export interface Said {
  readonly code: number;
  readonly text: string;
  /** What is said beside it. */
  readonly beside: string;
  readonly json: unknown;
}

export async function startCommandWorld(): Promise<CommandWorld> {
  const db = connectDb(testEnvironment().databaseUrl);
  const stripe = await startStripeStandIn({ scenario: 'empty' });
  const blnk = await startBlnkStandIn();
  return {
    ...{ db, stripe, blnk },
    async command(instanceId, ...args) {
      const parts = { instanceId, stripeUrl: stripe.url, blnkUrl: blnk.url };
      const ends = connectInstance(() => Promise.resolve(db), configureInstance(parts));
      const said = { out: '', err: '' };
      const streams = {
        out: { write: (text: string | Uint8Array) => (said.out += String(text)) !== '' },
        err: { write: (text: string | Uint8Array) => (said.err += String(text)) !== '' },
      };
      let code = -1;
      const run: Run = async (options, work) => {
        const context: Context = {
          output: createOutput(options.json === true, streams),
          place: {} as Context['place'],
          instanceId: () => Promise.resolve(instanceId),
          ends: () => Promise.resolve(ends),
          parts: () => ({
            databaseUrl: '',
            temporal: { address: '', namespace: '' },
            webUiUrl: undefined,
          }),
          db: () => Promise.resolve(db),
          temporal: () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE')),
          close: () => Promise.resolve(),
        };
        code = await work(context);
      };
      const program = new Command().enablePositionalOptions();
      for (const add of [
        addExplain,
        addProofs,
        addQuarantine,
        addReconcile,
        addRepair,
        addStatus,
        addSuspense,
        addSyncs,
      ])
        add(program, run);
      await program.parseAsync(args, { from: 'user' });
      const json: unknown = args.includes('--json') ? JSON.parse(said.out) : undefined;
      return { code, text: said.out, beside: said.err, json };
    },
    async post(reference, amount, source, destination) {
      const response = await fetch(`${blnk.url}/transactions`, {
        method: 'POST',
        headers: { 'X-Blnk-Key': SANDBOX_BLNK_KEY, 'content-type': 'application/json' },
        body: JSON.stringify({
          ...{ precise_amount: amount, precision: 100, currency: 'USD' },
          ...{ reference, source, destination, description: 'by hand' },
          ...{ allow_overdraft: true, skip_queue: true },
        }),
      });
      const { transaction_id: id } = (await response.json()) as { transaction_id?: string };
      if (id === undefined) throw new Error(`the ledger answered ${response.status}`);
      return id;
    },
    async close() {
      await Promise.all([stripe.close(), blnk.close(), db.close()]);
    },
  };
}
