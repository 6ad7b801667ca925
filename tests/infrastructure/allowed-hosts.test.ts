import { describe, expect, it, onTestFinished } from 'vitest';
import { AllowedHosts } from '#adapters/inbound/http/wire/client/allowed-hosts';
import { readEnvironment } from '#infrastructure/environment';
import { startService } from '#infrastructure/service';
import { problemOf } from '#tests/adapters/http/app-under-test';
import { noLog } from '#tests/support/no-log';
import { answerTo, responseIn } from './raw-connection.ts';

describe('a Host header', () => {
  const hosts = new AllowedHosts(['Energy.Example', '[2001:db8::1]']);

  it.each([
    'localhost',
    'LOCALHOST:3000',
    'localhost.',
    '127.0.0.1',
    '127.0.0.1:3000',
    '127.8.9.10:1',
    '[::1]',
    '[::1]:3000',
    'energy.example',
    'ENERGY.example.:443',
    '[2001:db8::1]:80',
    '',
    ':3000',
  ])('may be "%s"', (host) => {
    expect(hosts.allow(host)).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    'sub.energy.example',
    '[::2]',
    '0.0.0.0',
    '192.168.1.5:3000',
  ])('may not be "%s"', (host) => {
    expect(hosts.allow(host)).toBe(false);
  });
});

describe('a page that has made its own name point to this machine', () => {
  const started = async (environment: Readonly<Record<string, string>> = {}) => {
    const config = { ...readEnvironment({ EIE_STORE: 'memory', ...environment }), port: 0 };
    const service = await startService(config, { logger: noLog, background: false });
    onTestFinished(() => service.close());
    return service;
  };
  const asks = (host: string) => `GET /v1/links HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  it('is refused by an engine that listens on loopback', async () => {
    const service = await started();

    const response = responseIn(await answerTo(service, asks('evil.example')));

    const { detail } = await problemOf(response, 403, 'forbidden');
    expect(detail).toContain('EIE_ALLOWED_HOSTS');
    expect(responseIn(await answerTo(service, asks('127.0.0.1:3000'))).status).toBe(200);
  });

  it('is not refused under a name that is configured', async () => {
    const service = await started({ EIE_ALLOWED_HOSTS: 'energy.example, other.example' });

    expect(responseIn(await answerTo(service, asks('other.example'))).status).toBe(200);
    expect(responseIn(await answerTo(service, asks('evil.example'))).status).toBe(403);
  });

  it('is refused by one that listens elsewhere if its hosts are configured, otherwise any name may be right', async () => {
    const environment = { HOST: '0.0.0.0', EIE_AUTH: 'off' };
    const any = await started(environment);
    const some = await started({ ...environment, EIE_ALLOWED_HOSTS: 'energy.example' });
    const loopback = ({ url }: { readonly url: string }) => ({ url: url.replace('0.0.0.0', '127.0.0.1') });

    expect(responseIn(await answerTo(loopback(any), asks('evil.example'))).status).toBe(200);
    expect(responseIn(await answerTo(loopback(some), asks('evil.example'))).status).toBe(403);
  });
});
