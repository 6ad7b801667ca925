import type { LinkRepository } from './link-repository.ts';
import type { StoreLifecycle } from './store-lifecycle.ts';
import type { WarningRepository } from './warning-repository.ts';

/** Records: what people and the engine itself keep about devices. Small, and changed in place. */
export interface RecordStore extends StoreLifecycle {
  readonly links: LinkRepository;
  readonly warnings: WarningRepository;
}
