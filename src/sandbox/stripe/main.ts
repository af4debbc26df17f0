// The Stripe stand-in as a program: node dist/sandbox/stripe/main.js --port 4010 --journal FILE
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { failProgram, runProgram } from '../program';
import { scenarioNames } from './scenarios';
import { startStripeStandIn } from './start';
import { startTrickle } from './trickle';

const argumentsSchema = z.object({
  /** 0: a free one. */
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  scenario: z.enum(scenarioNames).default('default'),
  journal: z.string().optional(),
  trickle: z.boolean().default(false),
  latency: z.coerce.number().nonnegative().default(0),
});

async function start() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      scenario: { type: 'string' },
      journal: { type: 'string' },
      trickle: { type: 'boolean' },
      latency: { type: 'string' },
    },
  });
  const { port, scenario, journal, trickle, latency } = argumentsSchema.parse(values);
  const standIn = await startStripeStandIn({ port, scenario, journal, latencyMs: latency });
  if (!trickle) return standIn;
  const stop = startTrickle(standIn.world, { onError: failProgram });
  return {
    url: standIn.url,
    close: () => {
      stop();
      return standIn.close();
    },
  };
}

void runProgram(start);
