/** The minimum major version of Node, as in `engines` of package.json. */
const MIN_NODE = 26;

/** Throws if Node is too old; the engine would otherwise fail later, with an error about a missing function. */
export function requireSupportedNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= MIN_NODE) return;
  throw new Error(`energy-ingestion-engine needs Node ${MIN_NODE} or newer; this is ${version}`);
}
