import type { Encoding } from './encoding.ts';
import { HttpConnection, type Reply } from './http-connection.ts';
import type { Lane } from './lane.ts';
import { type BatchPlan, RequestPool } from './request-pool.ts';

export interface LaneOptions {
  /** Connections, or concurrent callers. */
  readonly count: number;
  /** Whether each reading carries a member that the engine does not know. */
  readonly extraMember?: boolean;
  /** Set when more requests are in flight than one round has batches. */
  readonly copyRequests?: boolean;
  /** Sees every reply with its text; costs the client a little. HTTP only. */
  readonly onReply?: (number: number, reply: Reply) => void;
}

/** Connections that post the batches of `plan`. All requests are serialised here, before any clock runs. */
export function httpLanes(port: number, plan: BatchPlan, encoding: Encoding, options: LaneOptions): Lane[] {
  const pool = new RequestPool(plan, encoding);
  return Array.from({ length: options.count }, () => {
    const connection = new HttpConnection(port);
    return {
      async send(number) {
        const bytes = options.copyRequests ? pool.copyOfRequest(number) : pool.request(number);
        const reply = await connection.request(bytes, options.onReply !== undefined);
        options.onReply?.(number, reply);
        return reply.status;
      },
      close: () => connection.close(),
    };
  });
}
