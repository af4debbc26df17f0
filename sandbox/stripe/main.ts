/** The Stripe stand-in as a program: node dist/sandbox/stripe/main.js --port 4010 --journal FILE */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { failProgram, runProgram } from '../program';
import { startLoad } from './load';
import { densities } from './million';
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
  seed: z.string().optional(),
  'reads-per-second': z.coerce.number().positive().optional(),
  'payments-per-second': z.coerce.number().positive().optional(),
  /** These four shape the scenario million. */
  size: z.coerce.number().int().positive().optional(),
  days: z.coerce.number().positive().optional(),
  density: z.enum(densities).optional(),
  unpaid: z.boolean().optional(),
});

async function start() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      scenario: { type: 'string' },
      journal: { type: 'string' },
      trickle: { type: 'boolean' },
      latency: { type: 'string' },
      seed: { type: 'string' },
      'reads-per-second': { type: 'string' },
      'payments-per-second': { type: 'string' },
      size: { type: 'string' },
      days: { type: 'string' },
      density: { type: 'string' },
      unpaid: { type: 'boolean' },
    },
  });
  const { trickle, latency, size, days, density, unpaid, ...rest } = argumentsSchema.parse(values);
  const { 'reads-per-second': readsPerSecond, 'payments-per-second': perSecond, ...options } = rest;
  const shape = { size, days, density, unpaid };
  const isShaped = Object.values(shape).some((value) => value !== undefined);
  const standIn = await startStripeStandIn({
    ...options,
    latencyMs: latency,
    readsPerSecond,
    ...(isShaped && { shape }),
  });
  const { world } = standIn;
  const stops = [
    ...(trickle ? [startTrickle(world, { onError: failProgram })] : []),
    ...(perSecond ? [startLoad(world, { perSecond, onError: failProgram })] : []),
  ];
  return {
    url: standIn.url,
    close: () => {
      for (const stop of stops) stop();
      return standIn.close();
    },
  };
}

void runProgram(start);
