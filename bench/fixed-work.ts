/**
 * A fixed piece of work that has nothing to do with the product: how long it takes says what the machine gives just
 * now. A part of it is of a processor alone, a part of a Postgres of its own, with nothing in it.
 */
import { createHash } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';

export interface FixedWork {
  /** Does it once, in some 12 ms of an idle machine. @returns milliseconds */
  time(): Promise<number>;
  close(): Promise<void>;
}

const BYTES = Buffer.alloc(8 * 1024 * 1024, 'x');
const STATEMENT = 'select sum(hashtext(md5(n::text))) from generate_series(1, 10000) n';

export async function openFixedWork(): Promise<FixedWork> {
  const postgres = await PGlite.create();
  const once = async () => {
    createHash('sha256').update(BYTES).digest();
    await postgres.query(STATEMENT);
  };
  // The first ones compile.
  for (let nth = 0; nth < 20; nth += 1) await once();
  return {
    async time() {
      const began = performance.now();
      await once();
      return performance.now() - began;
    },
    close: () => postgres.close(),
  };
}
