import type { Load } from '../load/session.ts';

/** Devices that post one after the other, half of them meters and half vehicles. */
export const DEVICES = 10_000;

export const SINGLE_64: Load = { name: 'single posts, 64 connections', size: 1, connections: 64 };
export const SINGLE_256: Load = { name: 'single posts, 256 connections', size: 1, connections: 256 };
const BATCH_100: Load = { name: 'batches of 100, 2 connections', size: 100, connections: 2 };
export const BATCH_1000: Load = { name: 'batches of 1,000, 2 connections', size: 1_000, connections: 2 };
const BATCH_5000: Load = { name: 'batches of 5,000, 2 connections', size: 5_000, connections: 2 };
/** As real devices send it: each reading carries a member that the engine does not know. */
export const BATCH_1000_EXTRA: Load = { ...BATCH_1000, name: `${BATCH_1000.name}, an extra member`, extraMember: true };

export const LOADS: readonly Load[] = [SINGLE_64, SINGLE_256, BATCH_100, BATCH_1000, BATCH_1000_EXTRA, BATCH_5000];
