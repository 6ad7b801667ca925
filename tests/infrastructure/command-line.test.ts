import { describe, expect, it } from 'vitest';
import { textToPrint, UsageError } from '#infrastructure/command-line';
import { readEnvironment } from '#infrastructure/environment';
import { requireSupportedNode } from '#infrastructure/launch';
import manifest from '../../package.json' with { type: 'json' };

describe('the command line', () => {
  it('starts the engine when it is empty', () => {
    expect(textToPrint([])).toBeUndefined();
  });

  it.each(['--version', '-v'])('prints the version of the package on %s', (option) => {
    expect(textToPrint([option])).toBe(`${manifest.version}\n`);
  });

  it.each(['--help', '-h'])('prints the usage on %s', (option) => {
    expect(textToPrint([option])).toContain(`Usage: ${Object.keys(manifest.bin)[0]} `);
    expect(textToPrint([option, '--version'])).toContain('Usage');
  });

  it.each([
    [['--port', '33003'], "Unknown option '--port'"],
    [['33003'], "Unexpected argument '33003'"],
    [['--version', 'now'], "Unexpected argument 'now'"],
    [['--help=PORT'], "Option '-h, --help' does not take an argument"],
    [['-x'], "Unknown option '-x'"],
  ])('refuses %j in one line', (args, reason) => {
    expect(() => textToPrint(args)).toThrow(UsageError);
    expect(() => textToPrint(args)).toThrow(
      new UsageError(`${reason}: settings are environment variables, such as PORT=3000; see --help`),
    );
  });
});

describe('the settings that --help lists', () => {
  const listed = [...(textToPrint(['--help']) ?? '').matchAll(/^ {2}([A-Z_]+)=(\S*) /gm)];

  it('are many', () => {
    expect(listed.length).toBeGreaterThan(8);
  });

  it.each(listed.map(([, name = '', value = '']) => [name, value]))(
    'are known, with their defaults: %s=%s',
    (name, value) => {
      expect(readEnvironment({ [name]: value })).toEqual(readEnvironment({}));
    },
  );
});

describe('the version of Node', () => {
  const oldest = Number(/^>=(\d+)$/.exec(manifest.engines.node)?.[1]);

  it.each([`${oldest}.0.0`, `${oldest + 1}.2.3`, '100.0.0', process.versions.node])('%s runs the engine', (version) => {
    expect(() => requireSupportedNode(version)).not.toThrow();
  });

  it.each([`${oldest - 1}.9.9`, '20.20.2', '8.17.0'])('%s is refused in one sentence', (version) => {
    expect(() => requireSupportedNode(version)).toThrow(
      `energy-ingestion-engine needs Node ${oldest} or newer; this is ${version}`,
    );
  });
});
