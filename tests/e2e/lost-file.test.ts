import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';

it('an engine whose data file is removed says so and exits with code 1, although nobody posts', async () => {
  const directory = temporaryDirectory();
  const service = await ServiceProcess.start({ EIE_DATA_DIR: directory });
  onTestFinished(() => service.signal('SIGKILL'));

  rmSync(join(directory, 'energy.db'));

  expect((await service.exit()).code).toBe(1);
  const failure = service.log.find(
    ({ message }) => message === 'the store has failed for good; the engine is stopping',
  );
  expect(failure).toMatchObject({
    level: 'error',
    error: { message: expect.stringContaining('energy.db was removed or renamed while the engine was using it') },
  });
});

it('of two engines on one file, after its lock was removed, the first exits with code 1', async () => {
  const directory = temporaryDirectory();
  const first = await ServiceProcess.start({ EIE_DATA_DIR: directory });
  onTestFinished(() => first.signal('SIGKILL'));
  rmSync(join(directory, 'energy.lock'));

  const second = await ServiceProcess.start({ EIE_DATA_DIR: directory });
  onTestFinished(() => second.signal('SIGKILL'));

  expect((await first.exit()).code).toBe(1);
  expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
});
