import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { HistoryFormat } from './history-format.ts';

type Pages = AsyncGenerator<readonly Reading[], void, void>;

/**
 * A response body that reads the next page only when the client has taken the last one: a client that stops reading
 * stops the reading of the store, and one that leaves ends it. Rejects if the first page cannot be read. If a later one
 * cannot, calls `failed` and breaks the connection: a history without its trailer is incomplete.
 */
export async function historyBody(
  kind: Kind,
  pages: Pages,
  format: HistoryFormat,
  failed: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  // Read the first page before the response begins, so that a store that is down gets its own status.
  const first = await pages.next();
  return ReadableStream.from(chunks(kind, first, pages, format, failed));
}

async function* chunks(
  kind: Kind,
  first: IteratorResult<readonly Reading[], void>,
  pages: Pages,
  format: HistoryFormat,
  failed: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  let header = format.header(kind);
  let readings = 0;
  try {
    for (let page = first; !page.done; page = await pages.next()) {
      readings += page.value.length;
      yield encoder.encode(header + format.page(page.value));
      header = '';
    }
  } catch (error) {
    failed(error);
    throw error;
  } finally {
    await pages.return();
  }
  yield encoder.encode(header + format.trailer(readings));
}
