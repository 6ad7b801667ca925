import { KeyRing } from '#adapters/inbound/http/auth/key-ring';
import type { Logger } from '#application/ports/logger';
import { readKeyFile } from './key-file.ts';
import { watchKeyFile } from './key-file-watch.ts';

/** The keys of a file, which follow its changes until they are closed. */
export interface OpenKeyRing {
  readonly ring: KeyRing;
  reload(): void;
  close(): void;
}

/** Throws `KeyFileError` if the file cannot be read. */
export function openKeyRing(path: string, logger: Logger): OpenKeyRing {
  const ring = new KeyRing(readKeyFile(path));
  if (ring.size === 0) logger.warn('the file of API keys is empty: every request will be refused', { path });
  const { reload, close } = watchKeyFile(path, (keys) => ring.replace(keys), logger);
  return { ring, reload, close };
}
