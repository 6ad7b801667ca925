/** The oldest major version of Node that runs the engine, as in `engines` of package.json. */
const MIN_NODE = 26;

/** Throws when Node is too old, which would otherwise show in the middle of the start, as a function that is missing. */
export function requireSupportedNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= MIN_NODE) return;
  throw new Error(`energy-ingestion-engine needs Node ${MIN_NODE} or newer; this is ${version}`);
}
