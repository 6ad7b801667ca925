import type { Logger } from '#application/ports/logger';

export const noLog: Logger = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
