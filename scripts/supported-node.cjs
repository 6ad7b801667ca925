// Loaded before the program (`node --require`): an older Node cannot load TypeScript and would say so with a stack trace.
// So this is plain JavaScript, of a kind that any Node understands.
var needed = parseInt(require('../package.json').engines.node.replace('>=', ''), 10);
if (parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(
    'energy-ingestion-engine needs Node ' +
      needed +
      ' or newer; this is ' +
      process.versions.node +
      '. After npm ci, npm start and npm exec -- node run one that it brings; otherwise get it from https://nodejs.org\n',
  );
  process.exit(1);
}
