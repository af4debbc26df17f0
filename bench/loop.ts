/**
 * What the durable sync is held against: the least that posts the same, written with Node's own HTTP and
 * nothing of the product. No checks but that each is applied, no Temporal, no Postgres, no look-ups.
 */
import { Agent, request } from 'node:http';
import { toWire } from '../src/blnk/posting';
import { KINDS } from '../src/domain/kinds/table';
import { createMillion } from '../sandbox/stripe/million';

export interface Target {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * Bodies as a sync would send them, of payments like those that it reads: the same currencies, payers,
 * guests and amounts, so that the ledger has the same balances to lock.
 * @param seed two share no reference
 */
export function preparePostings(seed: string, count: number): string[] {
  const context = {
    syncId: 'sync_00000000000000000000',
    stripeAccount: 'acct_1SandboxStripe0001',
    livemode: false,
    balances: { source: '@stripe', guest: '@stripe-guest' },
    since: null,
    eventsReachSince: false,
  };
  const { intents } = createMillion(Math.floor(Date.now() / 1000), seed, { size: count });
  return Array.from({ length: count }, (_, n) => {
    const intent = intents.at(n)?.versions[0]?.intent;
    if (!intent) throw new Error('the history is shorter than was asked for');
    const { id, currency, customer: payer, created } = intent;
    const verdict = KINDS.pay_in.judge(
      {
        ...{ id, currency, payer, created, amount: BigInt(intent.amountReceived ?? 0) },
        ...{ succeededAt: created, chargedAt: null, livemode: false, fault: null },
      },
      context,
    );
    if (verdict.kind !== 'post') throw new Error('a prepared pay-in cannot be posted');
    return JSON.stringify(toWire(verdict.posting));
  });
}

/** Posts them all, so many at a time. @returns seconds */
export async function postAll(
  target: Target,
  bodies: readonly string[],
  concurrency: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  // One iterator for all of them, so that each posting is taken once.
  const queue = bodies.values();
  const runner = async () => {
    for (const body of queue) await post(target, agent, body);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, runner));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  return seconds;
}

function post({ url, apiKey }: Target, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-blnk-key': apiKey,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const asked = request(new URL('/transactions', url), { agent, method: 'POST', headers });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const { status } = JSON.parse(Buffer.concat(parts).toString('utf8')) as {
          status?: unknown;
        };
        if (answer.statusCode === 201 && status === 'APPLIED') resolve();
        else reject(new Error(`the loop's posting was answered with ${answer.statusCode}`));
      });
    });
    asked.end(body);
  });
}
