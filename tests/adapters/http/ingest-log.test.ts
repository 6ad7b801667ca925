import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
import { appUnderTest, LogLines, post, sentMeter, sentVehicle } from './app-under-test.ts';

describe('the log of ingestion', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is one summary per ten seconds, however many requests there were', async () => {
    const { app, log } = appUnderTest();
    await post(app, sentMeter());
    for (let i = 0; i < 50; i++) await post(app, sentMeter());
    await post(app, [sentVehicle(), sentMeter({ voltage: 1 })]);
    await post(app, '{');

    await vi.advanceTimersByTimeAsync(9_999);
    expect(log.lines.map(({ message }) => message)).toEqual(['request refused']);
    await vi.advanceTimersByTimeAsync(1);
    expect(log.lines.slice(1)).toEqual([
      {
        level: 'info',
        message: 'ingest summary',
        fields: {
          requests: 53,
          readings: 53,
          stored: 2,
          duplicates: 50,
          conflicts: 1,
          rejected: 0,
          refusedRequests: { 'malformed-json': 1 },
        },
      },
    ]);
  });

  it('is silent without requests, and starts from zero after each summary', async () => {
    const { app, log } = appUnderTest();
    await post(app, sentMeter());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log.lines).toHaveLength(1);

    await post(app, sentMeter());
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log.lines[1]?.fields).toMatchObject({ requests: 1, stored: 0, duplicates: 1 });
  });

  it('describes a few rejected readings per interval and counts all of them by code', async () => {
    const { app, log } = appUnderTest();
    await post(app, [sentMeter(), ...Array.from({ length: 30 }, () => sentMeter({ voltage: 'x' })), {}], {
      headers: { 'x-request-id': 'r-1' },
    });
    await post(app, [sentMeter(), {}], { query: '?atomic=true' });

    const samples = log.lines.filter(({ message }) => message === 'reading rejected');
    expect(samples).toHaveLength(5);
    expect(samples[0]).toEqual({
      level: 'info',
      message: 'reading rejected',
      fields: {
        requestId: 'r-1',
        index: 1,
        deviceId: 'M-7',
        client: undefined,
        faults: [expect.objectContaining({ code: 'not-a-number', field: 'voltage' })],
      },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log.lines.at(-1)?.fields).toMatchObject({
      rejected: 33,
      rejectedByCode: { 'not-a-number': 30, 'missing-device': 2, withheld: 1 },
    });

    await post(app, {});
    expect(log.lines.filter(({ message }) => message === 'reading rejected')).toHaveLength(6);
  });

  it('names the device of a rejected reading if it has an id', async () => {
    const { app, log } = appUnderTest();
    await post(app, [
      {},
      { meterId: 7 },
      sentMeter({ meterId: 'M 7', voltage: 1 }),
      sentMeter({ meterId: 'x'.repeat(1_000) }),
    ]);

    const samples = log.lines.filter(({ message }) => message === 'reading rejected');
    expect(samples.map(({ fields }) => fields.deviceId)).toEqual([undefined, undefined, 'M 7', 'x'.repeat(128)]);
  });

  it('does not keep the process alive', async () => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const { app, ingestLog } = appUnderTest();
    const before = timers();
    await post(app, sentMeter());
    expect(timers()).toBeLessThanOrEqual(before); // one of another test may have ended meanwhile
    ingestLog.flush();
  });

  it('has a line for every request, stored or not, if that is wanted', async () => {
    const log = new LogLines();
    const { app } = appUnderTest({}, { ingestLog: new IngestLog(log, { logsRequests: true }) });
    await post(app, sentMeter(), { headers: { 'x-request-id': 'mine' } });
    await post(app, [sentMeter(), sentVehicle()]);

    expect(log.lines.map(({ level, message, fields }) => [level, message, fields.received, fields.stored])).toEqual([
      ['debug', 'request', 1, 1],
      ['debug', 'request', 2, 1],
    ]);
    expect(log.lines[0]?.fields).toMatchObject({ requestId: 'mine' });
    expect(log.lines[0]?.fields).not.toHaveProperty('outcomes');
  });

  it('is complete after a final flush', async () => {
    const { app, log, ingestLog } = appUnderTest();
    await post(app, sentMeter());
    ingestLog.flush();
    ingestLog.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log.lines).toHaveLength(1);
  });
});
