import { attacks } from './attacks.ts';

/** An attack ends by itself, even if the benchmark was killed. */
const MAX_SECONDS = 120;

// Attackers work in a process of their own: honest clients in the same one would wait until that work is done.
const [name = '', port] = process.argv.slice(2);
const attack = attacks[name];
if (attack === undefined) throw new Error(`no such attack: ${name}`);
setTimeout(() => process.exit(), MAX_SECONDS * 1_000);
attack.begin(Number(port));
