import type { Reading } from '#domain/reading/reading';
import type { Kind } from '#domain/streams/streams';
import type { HistoryFormat } from './history-format.ts';

type Pages = AsyncGenerator<readonly Reading[], void, void>;

/**
 * A body that writes pages as they are asked for: one is read when the client has taken the one before, so that a
 * client who stops reading holds nothing up, and one who leaves ends it. When a page cannot be read the connection
 * breaks: without its trailer a history is not complete.
 */
export async function historyBody(
  kind: Kind,
  pages: Pages,
  format: HistoryFormat,
  failed: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  // The first page is read before anything is answered: a store that is down gets its own status.
  let next: Promise<IteratorResult<readonly Reading[], void>> | undefined = Promise.resolve(await pages.next());
  let readings = 0;
  let begun = false;

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const page = await (next ?? pages.next());
    next = undefined;
    const header = begun ? '' : format.header(kind);
    begun = true;
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
