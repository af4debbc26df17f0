/** Whether the database is reached and has this version's schema. */
import type { Db } from '../store/db';
import type { Probe } from './probe';

/** @param open connects and checks the schema */
export function databaseProbe(open: () => Promise<Db>, where: string): Probe {
  return {
    name: 'database',
    async run() {
      await open();
      return { ok: true, detail: `${where}, schema is current` };
    },
  };
}
