/** Everything that is kept somewhere, as text, so that a secret can be searched for in it. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { Client } from '@temporalio/client';
import type { Db } from '../../../src/store/db';

/** A dump of every table, with the rows as JSON. */
export async function dumpDatabase(db: Db): Promise<string> {
  const tables = await db.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`,
  );
  const dumps: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query<{ row: string }>(
      `select row_to_json(t)::text as row from "${name}" t`,
    );
    dumps.push(name, ...rows.map(({ row }) => row));
  }
  return dumps.join('\n');
}

/** Histories of all workflows of a namespace and its schedules, payloads decoded. */
export async function dumpTemporal(client: Client): Promise<string> {
  const texts: string[] = [];
  const keep = (json: string) => {
    const encoded = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) => data);
    texts.push(json, ...encoded.map((data) => Buffer.from(data, 'base64').toString('utf8')));
  };
  for await (const { workflowId, runId } of client.workflow.list()) {
    keep(historyToJSON(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  for await (const { scheduleId } of client.schedule.list()) {
    keep(JSON.stringify((await client.schedule.getHandle(scheduleId).describe()).raw));
  }
  return texts.join('\n');
}

/** A secret as it is, and in the forms that hide it from a search. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ];
}
