/**
 * What activities work with, in a process that can die. Each step that leaves the process (a statement,
 * a commit, a request, its answer) passes a gate before and after, so that death comes before an effect
 * or after it, when nobody has heard of it yet.
 */
import type { EngineDeps, Connection } from '../../../src/engine/deps';
import type { Db } from '../../../src/store/db';

/** Rejects once the process is dead. */
export interface Gate {
  enter(): Promise<void>;
  /** Inside a transaction nobody may wait: the embedded database has one session for everybody. */
  within(): Promise<void>;
  leave(): Promise<void>;
}

export function mortal(deps: EngineDeps, gate: Gate): EngineDeps {
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    await gate.enter();
    try {
      return await work();
    } finally {
      await gate.leave();
    }
  };
  const db: Db = {
    query: (sql, parameters) => around(() => deps.db.query(sql, parameters)),
    transaction: (work) =>
      around(() =>
        deps.db.transaction(async (tx) => {
          const result = await work({
            async query(sql, parameters) {
              await gate.within();
              return tx.query(sql, parameters);
            },
          });
          await gate.within();
          return result;
        }),
      ),
    close: () => deps.db.close(),
  };
  const connect = async (instanceId: string): Promise<Connection> => {
    const { config, stripe, ledger, ...access } = await deps.connect(instanceId);
    return {
      ...access,
      config,
      stripe: {
        livemode: stripe.livemode,
        hasAnswered: () => stripe.hasAnswered(),
        readAccount: (signal) => around(() => stripe.readAccount(signal)),
        readPage: (...asked) => around(() => stripe.readPage(...asked)),
        countWithoutIntent: (...asked) => around(() => stripe.countWithoutIntent(...asked)),
        readPayIn: (...asked) => around(() => stripe.readPayIn(...asked)),
        readCharge: (...asked) => around(() => stripe.readCharge(...asked)),
        readBalance: (signal) => around(() => stripe.readBalance(signal)),
        listTransactions: (...asked) => around(() => stripe.listTransactions(...asked)),
        readTransaction: (...asked) => around(() => stripe.readTransaction(...asked)),
        readDispute: (...asked) => around(() => stripe.readDispute(...asked)),
        tryRight: (...asked) => around(() => stripe.tryRight(...asked)),
      },
      ledger: {
        address: ledger.address,
        hasAnswered: () => ledger.hasAnswered(),
        lookUp: (...asked) => around(() => ledger.lookUp(...asked)),
        indicatorsOf: (...asked) => around(() => ledger.indicatorsOf(...asked)),
        turnoversOf: (...asked) => around(() => ledger.turnoversOf(...asked)),
        turnoversAt: (...asked) => around(() => ledger.turnoversAt(...asked)),
        linesOn: (...asked) => around(() => ledger.linesOn(...asked)),
        rowsUnder: (...asked) => around(() => ledger.rowsUnder(...asked)),
        rowsWith: (...asked) => around(() => ledger.rowsWith(...asked)),
        annotate: (...asked) => around(() => ledger.annotate(...asked)),
        recount: (...asked) => around(() => ledger.recount(...asked)),
        post: (...asked) => around(() => ledger.post(...asked)),
        probeWrite: (signal) => around(() => ledger.probeWrite(signal)),
      },
    };
  };
  return {
    ...deps,
    db,
    connect,
    isOwnerOpen: (owner) => around(() => deps.isOwnerOpen(owner)),
    pauseSchedule: (...asked) => around(() => deps.pauseSchedule(...asked)),
  };
}
