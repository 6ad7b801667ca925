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
  const encoder = new TextEncoder();
  // Read the first page before the response begins, so that a store that is down gets its own status.
  let next: Promise<IteratorResult<readonly Reading[], void>> | undefined = Promise.resolve(await pages.next());
  let readings = 0;
  let headerWritten = false;

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const page = await (next ?? pages.next());
    next = undefined;
    const header = headerWritten ? '' : format.header(kind);
    headerWritten = true;
    if (page.done) {
      controller.enqueue(encoder.encode(header + format.trailer(readings)));
      controller.close();
      return;
    }
    readings += page.value.length;
    controller.enqueue(encoder.encode(header + format.page(page.value)));
  };

  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          await pull(controller);
        } catch (error) {
          failed(error);
          throw error;
        }
      },
      cancel: async () => {
        await pages.return();
      },
    },
    { highWaterMark: 0 },
  );
}
