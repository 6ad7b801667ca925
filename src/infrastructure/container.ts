import 'reflect-metadata';
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe';
import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { systemClock } from '#adapters/outbound/system-clock';
import { KeyBudgets } from '#application/access/key-budgets';
import { CheckedClock } from '#application/checked-clock';
import { IngestLedger } from '#application/ingest-ledger';
import type { Clock } from '#application/ports/clock';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import type { Config } from './config.ts';
import { type Parts, type UseCases, useCases } from './use-cases.ts';

/** Dependencies that come from outside the container. The clock is the system's unless another one is given. */
export interface Outside {
  readonly config: Config;
  readonly store: EngineStore;
  readonly clock?: Clock;
  /** Without it nothing is logged. */
  readonly logger?: Logger;
}

export type Contents = Parts & UseCases;

/** Wires the use cases to the ports. Each use case is created once, when it is first resolved. */
export function createContainer({ config, store, clock = systemClock, logger }: Outside): DependencyContainer {
  const container = root.createChildContainer();
  const groupCommit = new GroupCommitWriter(store.writer, { queueReadings: config.queueReadings });
  const { acceptedTime } = config;
  const checkedClock = new CheckedClock({ clock, acceptedTime, record: store.upkeep.time, logger });
  const keyBudgets = new KeyBudgets(clock);
  const ledger = new IngestLedger();
  const parts: Parts = {
    config,
    store,
    clock,
    checkedClock,
    groupCommit,
    keyBudgets,
    ledger,
    ...(logger && { logger }),
  };
  for (const [name, part] of Object.entries(parts)) container.registerInstance(name, part);
  for (const [name, create] of Object.entries(useCases)) {
    container.register(name, { useFactory: instanceCachingFactory<unknown>(() => create(parts)) });
  }
  return container;
}

export function resolve<Name extends keyof Contents>(container: DependencyContainer, name: Name): Contents[Name] {
  return container.resolve(name);
}

/** All use cases by name, as the routes take them. */
export function resolveUseCases(container: DependencyContainer): UseCases {
  return Object.fromEntries(Object.keys(useCases).map((name) => [name, container.resolve(name)])) as UseCases;
}
