import type { IncomingMessage } from 'node:http';
import type { Context, Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { html } from 'hono/html';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import { jsonResponse } from './wire/json-response.ts';
import { refuseQuery } from './wire/query-parameters.ts';
import { incomingOf } from './wire/request-headers.ts';
import { REQUEST_ID, requestId } from './wire/request-id.ts';

export interface IndexRouteDependencies {
  readonly version: string;
  /** Whether requests need an API key. */
  readonly keysOn: boolean;
}

const NAME = 'energy-ingestion-engine';

interface Link {
  readonly name: string;
  /** A path, or a template of paths (RFC 6570). */
  readonly path: string;
  readonly about: string;
  readonly isPost?: true;
}

const LINKS: readonly Link[] = [
  { name: 'ingest', path: '/v1/ingest', about: 'stores a reading or a batch of them', isPost: true },
  ...kinds.flatMap(deviceLinks),
  { name: 'performance', path: '/v1/analytics/performance/{vehicleId}', about: 'AC, DC and efficiency of a vehicle' },
  { name: 'fleet', path: '/v1/analytics/fleet', about: 'all AC against all DC' },
  { name: 'losses', path: '/v1/analytics/losses', about: 'linked vehicles under the threshold' },
  { name: 'warnings', path: '/v1/warnings', about: 'loss warnings, open and cleared' },
  { name: 'links', path: '/v1/links', about: 'which meter feeds which vehicle, and when' },
  { name: 'link', path: '/v1/links/{id}', about: 'one of these' },
  { name: 'live', path: '/health/live', about: 'whether the process answers' },
  { name: 'ready', path: '/health/ready', about: 'whether new readings can be stored' },
  { name: 'metrics', path: '/metrics', about: 'metrics for Prometheus' },
];

function deviceLinks(kind: Kind): Link[] {
  const { plural, idField } = streams[kind];
  const device = `/v1/${plural}/{${idField}}`;
  return [
    { name: `${plural}Live`, path: `/v1/${plural}/live`, about: `the newest reading of all ${plural}` },
    { name: `${kind}Live`, path: `${device}/live`, about: 'the newest reading of one, and its age' },
    { name: `${kind}History`, path: `${device}/history`, about: 'its readings, as JSON, NDJSON or CSV' },
    { name: `${kind}Gaps`, path: `${device}/gaps`, about: 'its minutes without a reading' },
  ];
}

/** The format depends on the `Accept` header, so caches must take it into account. */
const VARY = { Vary: 'Accept' };

/** `GET /` and `GET /v1`: what this is and where to go next, as JSON, or as a page for a browser. */
export function indexRoutes(app: Hono, dependencies: IndexRouteDependencies): void {
  const { version } = dependencies;
  const links = Object.fromEntries(LINKS.map(({ name, path }) => [name, path]));

  app.on('GET', ['/', '/v1'], async (c) => {
    refuseQuery(c);
    const supports = ['application/json', 'text/html'];
    const mediaType = accepts(c, { header: 'Accept', supports, default: 'application/json' });
    if (mediaType !== 'text/html') return jsonResponse(c, 200, { name: NAME, version, links }, { headers: VARY });
    const page = await indexPage(originOf(c), dependencies);
    return new Response(page.toString(), {
      headers: { 'Content-Type': 'text/html; charset=utf-8', [REQUEST_ID]: requestId(c), ...VARY },
    });
  });
}

/** Where the client reached the engine, if a shell can take it as it is: a host name from a request may be anything. */
function originOf(c: Context): string {
  const incoming = incomingOf(c);
  const host = incoming === undefined ? new URL(c.req.url).host : sentHost(incoming);
  const scheme = incoming?.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return /^[\w.:[\]-]+$/.test(host) ? `${scheme}://${host}` : 'http://127.0.0.1:3000';
}

/** As it was sent: the server gives the routes a host of its own (`HttpServer`). */
function sentHost({ rawHeaders }: IncomingMessage): string {
  const name = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  return name === -1 ? '' : (rawHeaders[name + 1] as string);
}

/** The page works under a policy that allows no script, style or image. */
function indexPage(origin: string, { version, keysOn }: IndexRouteDependencies) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${NAME}</title>
</head>
<body>
<main>
<h1>${NAME} ${version}</h1>
<p>Stores the readings of smart meters and electric vehicles exactly once, knows the newest state of every device, and
reports how much energy is lost in between.</p>
<h2>Post a first reading</h2>
${keysOn ? html`<p>Every request needs an API key: set <code>key</code> to yours.</p>\n` : ''}<pre><code>${firstReading(origin, keysOn)}</code></pre>
<h2>Resources</h2>
<ul>
${LINKS.map(listed)}</ul>
</main>
</body>
</html>
`;
}

function firstReading(origin: string, keysOn: boolean): string {
  const key = keysOn ? ' -H "Authorization: Bearer $key"' : '';
  return `now=$(date -u +%FT%TZ)      # --json needs curl 7.82 or newer
curl -s "${origin}/v1/ingest"${key} --json '
  {"meterId": "M-7", "kwhConsumedAc": 0.12, "voltage": 230.1, "timestamp": "'$now'"}'
curl -s "${origin}/v1/meters/M-7/live"${key}`;
}

/** A link that a browser can follow is an anchor. */
function listed({ path, about, isPost }: Link) {
  const text = html`<code>${isPost ? 'POST' : 'GET'} ${path}</code>`;
  return html`<li>${isPost || path.includes('{') ? text : html`<a href="${path}">${text}</a>`}: ${about}</li>\n`;
}
