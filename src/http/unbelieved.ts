/**
 * A proxy that stands in front of the server and is not trusted makes all its clients one: they share a limit,
 * and logs and held installs name the proxy. Whoever runs it is told once.
 */
import type { FastifyRequest } from 'fastify';
import type { Logger } from '../logger';
import { networkOf } from './client-address';

export function tellUnbelieved(log: Logger) {
  let told = false;
  return (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    const { remoteAddress } = request.socket;
    const peer = networkOf(remoteAddress ?? '');
    if (!told && request.headers['x-forwarded-for'] !== undefined && request.ip === remoteAddress) {
      told = true;
      log.warn({ peer, setting: 'TRUSTED_PROXIES' }, 'proxy.not_trusted');
    }
    done();
  };
}
