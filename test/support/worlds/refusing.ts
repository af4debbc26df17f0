/** Stands before a side of a connection: each call passes, unless a test says what it is refused with. */
import { SyncError, type ErrorCode } from '../../../src/domain/errors';

/** @param codeOf asked before each call, by its name */
export function refusing<Side extends object>(
  side: Side,
  codeOf: (call: string) => ErrorCode | undefined,
): Side {
  return new Proxy(side, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const code = codeOf(String(name));
        if (code === undefined) return Reflect.apply(value, target, args);
        return Promise.reject(new SyncError(code, { permission: 'none' }));
      };
    },
  });
}
