import { crashBatch } from './crash-batches.ts';

/**
 * Commits batch after batch, several at a time, and prints the number of each once it is acknowledged, until it is
 * killed. Arguments: the URL of a module that exports `open`, the place, the first number.
 */
const COMMITS_IN_FLIGHT = 4;
/** Ends by itself if nobody kills it. */
const MAX_BATCHES = 20_000;

const [moduleUrl = '', place = '', first = '0'] = process.argv.slice(2);
const { open } = await import(moduleUrl);
const store = await open(place);
let next = Number(first);
const end = next + MAX_BATCHES;

async function commitAll(): Promise<void> {
  while (next < end) {
    const number = next++;
    // A batch is sent twice now and then, as devices do that miss an answer.
    const readings = number % 5 === 1 ? [...crashBatch(number), ...crashBatch(number - 1)] : crashBatch(number);
    await store.writer.commit(readings);
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(Array.from({ length: COMMITS_IN_FLIGHT }, commitAll));
await store.close();
