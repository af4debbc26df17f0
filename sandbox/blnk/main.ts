/**
 * The stand-in of Blnk as a program:
 * `node dist/sandbox/blnk/main.js --port N --journal FILE [--latency MS] [--rate-limit REQUESTS_A_SECOND]`
 */
import { parseArgs } from 'node:util';
import { runProgram } from '../program';
import { startBlnkStandIn } from './start';

function start() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      journal: { type: 'string' },
      latency: { type: 'string' },
      'rate-limit': { type: 'string' },
    },
  });
  return startBlnkStandIn({
    ...(values.port === undefined ? {} : { port: whole('--port', values.port) }),
    ...(values.journal === undefined ? {} : { journal: values.journal }),
    ...(values['rate-limit'] === undefined
      ? {}
      : { rateLimit: { requestsPerSecond: whole('--rate-limit', values['rate-limit']) } }),
    ...(values.latency === undefined ? {} : { latencyMs: whole('--latency', values.latency) }),
  });
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}".`);
  return Number(text);
}

void runProgram(start);
