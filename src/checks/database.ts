/** Whether the database is reached, has this version's schema, and takes what is written. */
import type { Db } from '../store/db';
import { tryWrite } from '../store/instances';
import type { Probe } from './probe';

/** @param open connects and checks the schema @param instanceId whose row is written, without a change */
export function databaseProbe(open: () => Promise<Db>, where: string, instanceId?: string): Probe {
  return {
    name: 'database',
    async run() {
      const db = await open();
      if (instanceId === undefined) return { ok: true, detail: `${where}, schema is current` };
      await tryWrite(db, instanceId);
      return { ok: true, detail: `${where}, schema is current, can be written` };
    },
  };
}
