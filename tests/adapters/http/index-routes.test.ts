import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { indexRoutes } from '#adapters/inbound/http/index-routes';
import { problem, refusalOf } from '#adapters/inbound/http/wire/problem';
import { kinds, streams } from '#domain/streams/streams';
import { appUnderTest, post, problemOf } from './app-under-test.ts';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

function indexApp(overrides: Partial<Parameters<typeof indexRoutes>[1]> = {}): Hono {
  const app = new Hono();
  indexRoutes(app, { version: '1.2.3', keysOn: false, ...overrides });
  app.onError((error, c) => {
    const { kind, message, options } = refusalOf(error);
    return problem(c, kind, message, options);
  });
  return app;
}

async function pageText(app: Hono, url = '/'): Promise<string> {
  return (await app.request(url, { headers: BROWSER })).text();
}

/** As a browser shows it. */
const shown = (page: string): string =>
  page
    .replace(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const linksOf = async (app: Hono): Promise<Record<string, string>> =>
  ((await (await app.request('/')).json()) as { links: Record<string, string> }).links;

describe('the index', () => {
  it.each(['/', '/v1'])('at %s is JSON with name, version and links', async (path) => {
    const response = await indexApp().request(path, { headers: { 'X-Request-Id': 'r-1' } });

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'r-1',
      vary: 'Accept',
    });
    expect(await response.json()).toMatchObject({
      name: 'energy-ingestion-engine',
      version: '1.2.3',
      links: { ingest: '/v1/ingest', performance: '/v1/analytics/performance/{vehicleId}', ready: '/health/ready' },
    });
  });

  it('links the resources of every stream', async () => {
    const links = await linksOf(indexApp());

    for (const kind of kinds) {
      const { plural, idField } = streams[kind];
      expect(links[`${plural}Live`]).toBe(`/v1/${plural}/live`);
      for (const [suffix, resource] of [
        ['Live', 'live'],
        ['History', 'history'],
        ['Gaps', 'gaps'],
      ] as const) {
        expect(links[`${kind}${suffix}`]).toBe(`/v1/${plural}/{${idField}}/${resource}`);
      }
    }
  });

  it('links every route of the app, and nothing else', async () => {
    const links = Object.values(await linksOf(indexApp())).map((path) => path.replace(/\{\w+\}/g, ':'));
    const routes = appUnderTest().routes.routes.map(({ path }) => path.replace(/:\w+/g, ':'));
    const own = ['/', '/v1', '/*'];

    expect(links.toSorted()).toEqual([...new Set(routes)].filter((path) => !own.includes(path)).sort());
  });

  it.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json, text/html;q=0.9', 'application/json'],
    ['image/png', 'application/json'],
    ['text/html', 'text/html; charset=utf-8'],
    [BROWSER.Accept, 'text/html; charset=utf-8'],
  ])('for Accept: %s is %s', async (accept, contentType) => {
    const response = await indexApp().request('/', { headers: { Accept: accept, 'X-Request-Id': 'r-1' } });

    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': contentType,
      'x-request-id': 'r-1',
      vary: 'Accept',
    });
  });

  it.each([{}, BROWSER])('has no query parameters, for a client with %j', async (headers) => {
    const response = await indexApp().request('/?window=1h', { headers });

    const { errors } = await problemOf(response, 400, 'invalid-query');
    expect(errors).toMatchObject([{ pointer: '/window' }]);
  });
});

describe('the page for a browser', () => {
  it('has the content of the JSON; what a browser can open is an anchor', async () => {
    const page = await pageText(indexApp());

    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain('<meta name="color-scheme" content="light dark">');
    expect(page).toContain('<title>energy-ingestion-engine</title>');
    expect(page).toContain('<h1>energy-ingestion-engine 1.2.3</h1>');
    const links = Object.values(await linksOf(indexApp()));
    const items = page.split('\n').filter((line) => line.startsWith('<li>'));
    expect(items.map((item) => / (\/[^<]*)<\/code>/.exec(item)?.[1])).toEqual(links);
    const anchors = [...page.matchAll(/<a href="([^"]*)">/g)].map(([, href]) => href);
    expect(anchors).toEqual(links.filter((path) => !path.includes('{') && path !== '/v1/ingest'));
  });

  it('needs no script, style or other resource', async () => {
    expect(await pageText(indexApp())).not.toMatch(/<(script|style|link|img|iframe|form|base)\b|\s(style|on\w+|src)=/i);
  });

  it('shows how to post a first reading, which the engine stores', async () => {
    const text = shown(await pageText(indexApp(), 'http://engine.example:8080/v1'));

    expect(text).toContain('curl -s "http://engine.example:8080/v1/ingest" --json ');
    expect(text).not.toContain('Authorization');
    const { app, clock } = appUnderTest();
    const body = /--json '\s*([^}]*\})'/.exec(text)?.[1]?.replace("'$now'", new Date(clock.now()).toISOString());
    expect((await post(app, JSON.parse(body ?? ''))).status).toBe(201);
    expect((await app.request('/v1/meters/M-7/live')).status).toBe(200);
  });

  it('shows how to send a key, if requests need one', async () => {
    const text = shown(await pageText(indexApp({ keysOn: true })));

    expect(text).toContain('/v1/ingest" -H "Authorization: Bearer $key" --json ');
    expect(text).toContain('/live" -H "Authorization: Bearer $key"\n');
  });

  it('escapes the version, and repeats no host name that a shell would run', async () => {
    expect(await pageText(indexApp({ version: '<b>&"' }))).toContain(
      '<h1>energy-ingestion-engine &lt;b&gt;&amp;&quot;</h1>',
    );

    const text = shown(await pageText(indexApp(), 'http://$(touch-x)/'));
    expect(text).not.toContain('touch');
    expect(text).toContain('"http://127.0.0.1:3000/v1/ingest"');
  });
});
