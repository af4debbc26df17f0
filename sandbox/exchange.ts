/** What a stand-in is asked and what it answers, whichever service it stands in for. */
import type { IncomingHttpHeaders } from 'node:http';

export interface StandInRequest {
  method: string;
  /** As sent, without the query; still percent-encoded. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status: number;
  /** A bigint inside is written as a plain number, whatever its size. */
  json?: unknown;
  /** Written as it is, instead of `json`; its type comes from `headers`. */
  text?: string | undefined;
  headers?: Record<string, string> | undefined;
}

export type Handler = (request: StandInRequest) => Reply | Promise<Reply>;
