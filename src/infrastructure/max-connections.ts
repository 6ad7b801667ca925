/**
 * File descriptors left to everything else: the standard streams, the store's files or its connections to a server (100
 * for MongoDB's driver, unless the URI says otherwise), and threads.
 */
const RESERVED_FILES = 200;

/**
 * How many connections may be open at once, given the process's limit of open files; `undefined` without a limit. Without
 * it a process that runs out of descriptors resets new connections silently, inside Node, and its store fails with them.
 */
export function maxConnections(openFiles = openFilesLimit()): number | undefined {
  if (openFiles === undefined) return undefined;
  return Math.max(openFiles - RESERVED_FILES, Math.floor(openFiles / 2));
}

/** The soft limit; Node has raised it to the hard one at its start. Windows has none. */
export function openFilesLimit(): number | undefined {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : undefined;
}
