import { relaunchWithFlags } from '#infrastructure/launch';

relaunchWithFlags();
const { runEngine } = await import('#infrastructure/engine-process'); // not loaded twice
await runEngine();
