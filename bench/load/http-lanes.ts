import type { Encoding } from './encoding.ts';
import { HttpConnection, type Reply } from './http-connection.ts';
import type { Lane } from './lane.ts';
import { type BatchPlan, RequestPool } from './request-pool.ts';

export interface LaneOptions {
  /** Connections, or concurrent callers. */
  readonly count: number;
  /** Whether each reading carries a member that the engine does not know. */
  readonly extraMember?: boolean;
  /** Needed when more requests are in flight than one round has batches. */
  readonly copyRequests?: boolean;
  /** Called with every reply and its text; costs the client a little. HTTP only. */
  readonly onReply?: (number: number, reply: Reply) => void;
}

/** Connections that post the batches of `plan`. All requests are serialized here, before any measurement. */
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
